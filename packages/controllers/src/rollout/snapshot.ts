import type { ApiObject, ListQuery, ObjectRef, ObjectStore } from '@slipway/model';
import { listPools, type ClusterObject, type PoolObject } from '../reads.ts';

type Reader = Pick<ObjectStore, 'get' | 'list'>;

const placeOf = (project: string | undefined, name: string): string => `${project ?? ''}/${name}`;

/**
 * The store as it was when it was asked first: for judging many clusters of one tenant, which would otherwise ask for the same profiles, gateways and pools once each. For
 * reading only, and for as long as one answer takes to make.
 */
export async function snapshotOf(store: Reader, clusters: readonly ClusterObject[]): Promise<Reader> {
  const known = new Map(clusters.map((cluster) => [placeOf(cluster.metadata.namespace, cluster.metadata.name), cluster]));
  const pools = poolsByCluster(await listPools(store));
  const remembered = new Map<string, Promise<unknown>>();
  const once = <T>(key: unknown, ask: () => Promise<T>): Promise<T> => {
    const text = JSON.stringify(key);
    const before = remembered.get(text) as Promise<T> | undefined;
    if (before) return before;
    const asked = ask();
    remembered.set(text, asked);
    return asked;
  };
  return {
    get: async (ref: ObjectRef) => {
      const cluster = ref.kind === 'Cluster' ? known.get(placeOf(ref.project, ref.name)) : undefined;
      return cluster ?? once(['get', ref], async () => frozen(await store.get(ref)));
    },
    list: async (query: ListQuery) => {
      const cluster = query.kind === 'MachinePool' ? /^spec\.cluster=([^,]+)$/.exec(query.fieldSelector ?? '')?.[1] : undefined;
      if (cluster !== undefined && query.project !== undefined)
        return { items: pools.get(placeOf(query.project, cluster)) ?? [], resourceVersion: '0' };
      return once(['list', query], () => store.list(query));
    },
  };
}

function poolsByCluster(pools: readonly PoolObject[]): Map<string, PoolObject[]> {
  const grouped = new Map<string, PoolObject[]>();
  for (const pool of pools) {
    const place = placeOf(pool.metadata.namespace, pool.spec.cluster);
    const others = grouped.get(place);
    if (others) others.push(pool);
    else grouped.set(place, [pool]);
  }
  return grouped;
}

/** Resolving a profile remembers answers for what cannot change. */
function frozen(object: ApiObject | undefined): ApiObject | undefined {
  if (object) deepFreeze(object.spec);
  return object;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
}
