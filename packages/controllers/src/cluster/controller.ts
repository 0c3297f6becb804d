import { AGENT_GRACE_MS, clusterStatus, isReachable } from '@slipway/model';
import { calledBack, changed, defineController, type Source } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { recordChanges } from '../event/condition-events.ts';
import { keyOf, listClusters, type ClusterObject } from '../reads.ts';
import { writeStatus } from '../writes.ts';
import { awaitInfrastructure, releaseCluster } from './delete.ts';
import { clusterNews } from './events.ts';
import { reconcileMachines } from './reconcile-machines.ts';
import { reconcilePlan } from './reconcile-plan.ts';
import { loadClusterScope, viewOf, type ClusterScope } from './scope.ts';

/** Brings a cluster to what its spec says: plan for its agent, machines as objects, status; its infrastructure is in the gateway's plan (see ../gateway). */
export const clusterController = (deps: Deps) =>
  defineController<ClusterScope>({
    name: 'cluster',
    resyncMs: 10 * 60_000,
    workers: 8,
    wakeOn: wakeOn(deps),
    load: (key) => loadClusterScope(deps, key),
    paused: ({ cluster }) => cluster.spec.paused,
    deleting: ({ cluster }) => Boolean(cluster.metadata.deletionTimestamp),
    phases: {
      active: [
        { name: 'plan', run: (scope) => reconcilePlan(deps, scope) },
        { name: 'machines', run: (scope) => reconcileMachines(deps, scope) },
      ],
      deleting: [
        { name: 'infrastructure', run: (scope) => awaitInfrastructure(deps, scope) },
        { name: 'machines', run: (scope) => reconcileMachines(deps, scope) },
        { name: 'release', needs: ['infrastructure'], run: (scope) => releaseCluster(deps, scope) },
      ],
    },
    finish: (scope) => finish(deps, scope),
  });

const SPEC = { specOnly: true };

function wakeOn(deps: Deps): Source[] {
  const keysUsing = async (uses: (cluster: ClusterObject) => boolean): Promise<string[]> =>
    (await listClusters(deps.store)).filter(uses).map((cluster) => keyOf(cluster));
  return [
    changed(deps, 'Cluster', (cluster) => [keyOf(cluster)]),
    changed(deps, 'MachinePool', (pool) => [`${pool.metadata.namespace}/${pool.spec.cluster}`], SPEC),
    changed(deps, 'ClusterProfile', (profile) => keysUsing(({ spec }) => spec.profile.name === profile.metadata.name), SPEC),
    changed(deps, 'CloudAccount', (account) => keysUsing(({ spec }) => spec.cloudAccount === account.metadata.name), SPEC),
    changed(deps, 'Registry', () =>
      keysUsing(({ status }) => status?.layers.some((layer) => layer.reason === 'ChartNotAvailable') ?? false),
    ),
    calledBack((wake, signal) =>
      deps.facts.onChange((subject) => {
        if (subject.kind === 'cluster') wake(`${subject.project ?? ''}/${subject.name}`);
        // A read that fails is made good by the resync; the gateway reports again long before.
        else
          keysUsing(({ spec }) => spec.gateway === subject.name).then(
            (keys) => keys.forEach(wake),
            () => undefined,
          );
      }, signal),
    ),
  ];
}

async function finish(deps: Deps, scope: ClusterScope): Promise<number | void> {
  if (scope.gone) return;
  const { cluster } = scope;
  const status = clusterStatus(viewOf(scope));
  if (!cluster.metadata.deletionTimestamp) {
    // Events before status: cut short in between, the next run sees the same change and counts the event up instead of losing it.
    await recordChanges(deps, cluster, cluster.status?.conditions ?? [], status.conditions);
    for (const news of clusterNews(cluster.status, status)) await deps.events.record({ ...news, regarding: cluster });
  }
  await writeStatus(deps.store, cluster, status);
  const inGrace = [scope.agent, scope.gatewayConnection].some((connection) => !connection.connected && isReachable(connection, scope.now));
  if (inGrace) return AGENT_GRACE_MS;
}
