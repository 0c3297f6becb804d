import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { GatewayCluster, ObjectId, Tombstone } from '../plan/cluster-plan.ts';
import { objectId, objectKey } from '../plan/object-id.ts';
import { infrastructureNamespace, LABELS, machineDeploymentName } from './names.ts';

/** Tombstone of a whole cluster in its gateway. One per uid for ever: a uid is never built twice. */
export function clusterTombstone(cluster: { uid: string; name: string }): Tombstone {
  return {
    type: 'cluster',
    id: clusterTombstoneId(cluster.uid),
    clusterUid: cluster.uid,
    name: cluster.name,
    namespace: infrastructureNamespace(cluster.uid),
  };
}

export const clusterTombstoneId = (clusterUid: string): string => `cluster-${clusterUid}`;

/** Every tombstone of one machine pool starts like this. */
export const poolTombstonePrefix = (poolUid: string): string => `pool-${poolUid}-`;

export interface DeletedPool {
  readonly clusterUid: string;
  readonly cluster: string;
  readonly pool: string;
  readonly poolUid: string;
  /** The cluster rendered with the pool still there and without it: the difference is what the pool's objects are. Absent when it cannot be rendered. */
  readonly withPool: GatewayCluster | undefined;
  readonly without: GatewayCluster | undefined;
  /** What was published for the cluster last: objects of it that carry the pool's label go too. */
  readonly previous: GatewayCluster | undefined;
}

/** What goes in the gateway when a machine pool is deleted while its cluster stays: the MachineDeployment first, then the templates made for it. */
export function poolTombstones(input: DeletedPool): Tombstone[] {
  const deployment: ObjectId = {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    namespace: infrastructureNamespace(input.clusterUid),
    name: machineDeploymentName(input.cluster, input.pool),
  };
  const kept = new Set((input.without?.objects ?? []).map((object) => objectKey(objectId(object))));
  const rendered = input.without ? (input.withPool?.objects ?? []) : [];
  const labelled = (input.previous?.objects ?? []).filter((object) => labelsOf(object)[LABELS.pool] === input.pool);
  const going = [...rendered, ...labelled].map((object) => objectId(object)).filter((id) => !kept.has(objectKey(id)));
  const byKey = new Map([deployment, ...going].map((id) => [objectKey(id), id]));
  return [...byKey].map(([key, object]) => ({
    type: 'infrastructure',
    id: `${poolTombstonePrefix(input.poolUid)}${sha256Hex(canonicalJson([input.clusterUid, key])).slice(0, 12)}`,
    clusterUid: input.clusterUid,
    object,
  }));
}

const labelsOf = (object: Readonly<Record<string, unknown>>): Record<string, string> =>
  (object['metadata'] as { labels?: Record<string, string> } | undefined)?.labels ?? {};
