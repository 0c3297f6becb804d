import { type ClusterObject, keyOf } from './reads.ts';

export interface KnownCluster {
  readonly tenant: string;
  readonly cluster: ClusterObject;
}

/**
 * Clusters of all tenants as the last events showed them: only to know whom to wake, never to decide. One that is missing was not listed yet, and is woken when it is; one
 * that is gone is woken for nothing.
 */
export interface ClusterIndex {
  put(tenant: string, cluster: ClusterObject): void;
  drop(key: string): void;
  using(uses: (cluster: ClusterObject, tenant: string) => boolean): KnownCluster[];
  keysUsing(uses: (cluster: ClusterObject, tenant: string) => boolean): string[];
}

export function createClusterIndex(): ClusterIndex {
  const known = new Map<string, KnownCluster>();
  const using: ClusterIndex['using'] = (uses) => [...known.values()].filter(({ cluster, tenant }) => uses(cluster, tenant));
  return {
    put: (tenant, cluster) => void known.set(keyOf(tenant, cluster), { tenant, cluster }),
    drop: (key) => void known.delete(key),
    using,
    keysUsing: (uses) => using(uses).map(({ tenant, cluster }) => keyOf(tenant, cluster)),
  };
}
