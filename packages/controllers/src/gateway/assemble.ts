import { clusterTombstone, poolName, poolTombstones, type GatewayCluster, type GatewayPlan, type Tombstone } from '@slipway/model';
import type { ClusterObject, PoolObject } from '../reads.ts';
import type { Rendered } from './render-cluster.ts';

export interface AssembledCluster {
  readonly cluster: ClusterObject;
  readonly pools: readonly PoolObject[];
  readonly render: (pools: readonly PoolObject[]) => Rendered;
}

export interface AssembleInput {
  readonly gateway: { readonly uid: string; readonly name: string };
  readonly clusters: readonly AssembledCluster[];
  readonly previous: GatewayPlan | undefined;
  /** Tombstones the gateway has reported done. */
  readonly done: ReadonlySet<string>;
}

/**
 * The one plan of a gateway with all its clusters. Pure. A cluster that cannot be rendered, or is paused, keeps what was published for it last; a cluster or pool that
 * is being deleted gets tombstones. Entries of clusters that are simply not there any more are dropped, which deletes nothing: only tombstones do.
 */
export function assembleGatewayPlan(input: AssembleInput): Omit<GatewayPlan, 'revision'> {
  const parts = input.clusters.map((item) => assembleCluster(item, input));
  const fresh = parts.flatMap((part) => part.tombstones);
  const freshIds = new Set(fresh.map((tombstone) => tombstone.id));
  // What was told to go and is not done stays told, also when the object that asked for it is gone.
  const carried = (input.previous?.tombstones ?? []).filter((tombstone) => !freshIds.has(tombstone.id) && !input.done.has(tombstone.id));
  return {
    kind: 'GatewayPlan',
    gatewayUid: input.gateway.uid,
    gateway: input.gateway.name,
    clusters: parts.flatMap((part) => (part.entry ? [part.entry] : [])).toSorted((a, b) => (a.clusterUid < b.clusterUid ? -1 : 1)),
    tombstones: [...fresh, ...carried].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

interface Part {
  readonly entry: GatewayCluster | undefined;
  readonly tombstones: readonly Tombstone[];
}

function assembleCluster({ cluster, pools, render }: AssembledCluster, { previous }: AssembleInput): Part {
  const { uid, name } = cluster.metadata;
  const last = previous?.clusters.find((entry) => entry.clusterUid === uid);
  if (cluster.spec.paused) return { entry: last, tombstones: [] };
  if (cluster.metadata.deletionTimestamp) return { entry: undefined, tombstones: [clusterTombstone({ uid, name })] };
  const staying = pools.filter((pool) => !pool.metadata.deletionTimestamp);
  const without = render(staying);
  const tombstones = pools
    .filter((pool) => pool.metadata.deletionTimestamp)
    .flatMap((pool) =>
      poolTombstones({
        clusterUid: uid,
        cluster: name,
        pool: poolName(pool),
        poolUid: pool.metadata.uid,
        withPool: entryOf(render([...staying, pool])),
        without: entryOf(without),
        previous: last,
      }),
    );
  const entry = entryOf(without) ?? (last && withoutObjects(last, tombstones));
  return { entry, tombstones };
}

const entryOf = (rendered: Rendered): GatewayCluster | undefined => (rendered.ok ? rendered.entry : undefined);

const nameOf = (object: Readonly<Record<string, unknown>>) =>
  `${String(object['kind'])}/${(object['metadata'] as { name?: string } | undefined)?.name}`;

/** A kept entry must not bring back what a tombstone takes away. */
function withoutObjects(entry: GatewayCluster, tombstones: readonly Tombstone[]): GatewayCluster {
  const going = tombstones.flatMap((tombstone) =>
    tombstone.type === 'infrastructure' ? [`${tombstone.object.kind}/${tombstone.object.name}`] : [],
  );
  return { ...entry, objects: entry.objects.filter((object) => !going.includes(nameOf(object))) };
}
