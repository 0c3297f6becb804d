/** Facts of a cluster that profiles may refer to. */
export const CLUSTER_FACTS = [
  'name',
  'project',
  'tenant',
  'uid',
  'kubernetesVersion',
  'cloud',
  'cloudAccount',
  'gateway',
  'profile',
  'profileVersion',
  'podCIDR',
  'serviceCIDR',
  'serviceDomain',
] as const;
export type ClusterFact = (typeof CLUSTER_FACTS)[number];
