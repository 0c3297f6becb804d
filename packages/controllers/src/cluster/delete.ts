import { CLUSTER_FINALIZER, clusterTombstoneId, isReachable, MACHINE_POOL_FINALIZER } from '@slipway/model';
import { again, done, wait, type Step } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { getPool } from '../reads.ts';
import { deleteObject, dropFinalizer } from '../writes.ts';
import type { ClusterScope } from './scope.ts';

/** Lets a deletion end without the gateway. What then stays behind is written into an event. */
export const FORCE_DELETE = 'slipway.dev/force-delete';

/** How soon to look whether the gateway controller has published the tombstone; its plan wakes nobody here. */
const LOOK_AGAIN_MS = 2000;

/**
 * Waits until the gateway says that the cluster's infrastructure is gone. The gateway controller publishes the tombstone; seeing it in the published plan also
 * proves that no later plan can have the cluster in it again.
 */
export async function awaitInfrastructure(deps: Deps, scope: ClusterScope): Promise<Step> {
  const { cluster, provision, gatewayFacts, gateway } = scope;
  const id = clusterTombstoneId(cluster.metadata.uid);
  if (!gateway) return orphaned(deps, scope, `the gateway "${cluster.spec.gateway}" does not exist any more`);
  const told = scope.gatewayPlan?.tombstones.some((tombstone) => tombstone.id === id) ?? false;
  if (!told) {
    scope.deletionWaitsFor = `Telling gateway "${cluster.spec.gateway}" to remove the machines.`;
    return again(LOOK_AGAIN_MS, scope.deletionWaitsFor);
  }
  // Forced only once the gateway has been told: should it come back, it still removes the machines.
  if (cluster.metadata.annotations?.[FORCE_DELETE] === 'true') return orphaned(deps, scope, 'deletion was forced');
  if (gatewayFacts?.tombstonesDone.includes(id) || provision?.phase === 'Deleted') return done();
  const neverJoined = gatewayFacts === undefined && scope.gatewayConnection.lastSeen === undefined && !scope.gatewayConnection.connected;
  if (neverJoined) return done();
  scope.deletionWaitsFor = isReachable(scope.gatewayConnection, scope.now)
    ? provision?.waitingFor || 'The gateway is removing the machines.'
    : `Gateway "${cluster.spec.gateway}" is not connected; its machines are removed when it is back. To give them up, set the annotation ${FORCE_DELETE}=true.`;
  return wait('WaitingForGateway', scope.deletionWaitsFor);
}

async function orphaned(deps: Deps, scope: ClusterScope, because: string): Promise<Step> {
  const machines = scope.machines.map((machine) => machine.metadata.name);
  const left = machines.length > 0 ? `machines ${machines.join(', ')}` : 'no known machines';
  const message = `Cluster ${scope.cluster.metadata.name} was deleted although ${because}; left behind: ${left}.`;
  await deps.events.record({ regarding: scope.cluster, type: 'Warning', reason: 'LeftBehind', message });
  return done();
}

/** Every part can be done again: a run that was cut short is simply repeated. The cluster's own finalizer goes last. */
export async function releaseCluster(deps: Deps, scope: ClusterScope): Promise<Step> {
  const { project, cluster } = scope;
  for (const machine of scope.machines) await deleteObject(deps.store, { kind: 'Machine', project, name: machine.metadata.name });
  for (const pool of scope.pools) {
    await deleteObject(deps.store, { kind: 'MachinePool', project, name: pool.metadata.name });
    const left = await getPool(deps.store, project, pool.metadata.name);
    if (left) await dropFinalizer(deps.store, left, MACHINE_POOL_FINALIZER);
  }
  await deps.plans.forget(cluster.metadata.uid);
  await dropFinalizer(deps.store, cluster, CLUSTER_FINALIZER);
  scope.gone = true;
  return done();
}
