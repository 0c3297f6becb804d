/** The networks inside every cluster, the same in each: they never meet. What clouds render, and what `{{ .cluster.podCIDR }}` says. */
export const CLUSTER_NETWORK = { podCIDR: '10.200.0.0/16', serviceCIDR: '10.96.0.0/16', serviceDomain: 'cluster.local' } as const;
