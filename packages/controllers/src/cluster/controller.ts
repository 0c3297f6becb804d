import { messageOf } from '@slipway/kit';
import { AGENT_GRACE_MS, clusterStatus, isReachable } from '@slipway/model';
import { calledBack, changed, defineController, type Source } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { recordChanges } from '../event/condition-events.ts';
import { keysUsingMacro, MACRO_KINDS } from '../macro-users.ts';
import { keysUsingPack } from '../pack-users.ts';
import { PROFILE_KINDS, usesProfile } from '../profile-users.ts';
import { keyOf } from '../reads.ts';
import { writeStatus } from '../writes.ts';
import { awaitInfrastructure, releaseCluster } from './delete.ts';
import { clusterNews } from './events.ts';
import { reconcileMachines } from './reconcile-machines.ts';
import { reconcilePlan } from './reconcile-plan.ts';
import { loadClusterScope, viewOf, type ClusterScope } from './scope.ts';

/** Brings a cluster to what its spec says: plan for its agent, machines as objects, status; its infrastructure is in the gateway's plan (see ../gateway). */
export const clusterController = (deps: FleetDeps) =>
  defineController<ClusterScope>({
    name: 'cluster',
    resyncMs: 10 * 60_000,
    workers: 8,
    wakeOn: wakeOn(deps),
    load: async (key) => {
      const scope = await loadClusterScope(deps, key);
      if (scope === undefined) deps.clusters.drop(key);
      return scope;
    },
    paused: ({ cluster }) => cluster.spec.paused,
    deleting: ({ cluster }) => Boolean(cluster.metadata.deletionTimestamp),
    phases: {
      active: [
        { name: 'plan', run: (scope) => reconcilePlan(scope.deps, scope) },
        { name: 'machines', run: (scope) => reconcileMachines(scope.deps, scope) },
      ],
      deleting: [
        { name: 'infrastructure', run: (scope) => awaitInfrastructure(scope.deps, scope) },
        { name: 'machines', run: (scope) => reconcileMachines(scope.deps, scope) },
        { name: 'release', needs: ['infrastructure'], run: (scope) => releaseCluster(scope.deps, scope) },
      ],
    },
    finish: (scope) => finish(scope),
  });

const SPEC = { specOnly: true };

function wakeOn(deps: FleetDeps): Source[] {
  const { keysUsing } = deps.clusters;
  return [
    changed(deps, 'Cluster', (cluster, tenant) => {
      deps.clusters.put(tenant, cluster);
      return [keyOf(tenant, cluster)];
    }),
    changed(deps, 'MachinePool', (pool, tenant) => [`${tenant}/${pool.metadata.namespace}/${pool.spec.cluster}`], SPEC),
    ...PROFILE_KINDS.map((kind) => changed(deps, kind, (profile, tenant) => keysUsing(usesProfile(profile, tenant)), SPEC)),
    ...MACRO_KINDS.map((kind) => changed(deps, kind, (macro, tenant) => keysUsingMacro(deps, macro, tenant), SPEC)),
    // Values of secret variables may come from one.
    changed(
      deps,
      'Secret',
      ({ metadata }, tenant) =>
        keysUsing(
          (cluster, of) =>
            of === tenant &&
            cluster.metadata.namespace === metadata.namespace &&
            Object.values(cluster.spec.secretVariablesFrom).some(({ secret }) => secret === metadata.name),
        ),
      SPEC,
    ),
    changed(
      deps,
      'CloudAccount',
      (account, tenant) => keysUsing(({ spec }, of) => of === tenant && spec.cloudAccount === account.metadata.name),
      SPEC,
    ),
    changed(deps, 'Registry', (_registry, tenant) =>
      keysUsing(({ status }, of) => of === tenant && (status?.layers.some((layer) => layer.reason === 'ChartNotAvailable') ?? false)),
    ),
    calledBack((wake, signal) =>
      deps.packs.onAccepted?.((pack) => {
        keysUsingPack(deps, pack).then(
          (keys) => keys.forEach(wake),
          (error: unknown) =>
            deps.logger.warn({ error: messageOf(error) }, 'clusters of a pack were not woken; they look again by themselves'),
        );
      }, signal),
    ),
    changed(deps, 'Gateway', (gateway) => keysUsing(({ spec }) => spec.gateway === gateway.metadata.name), SPEC),
    calledBack((wake, signal) =>
      deps.facts.onChange((subject) => {
        const concerned = keysUsing(({ metadata, spec }) =>
          subject.kind === 'cluster' ? metadata.uid === subject.uid : spec.gateway === subject.name,
        );
        concerned.forEach(wake);
      }, signal),
    ),
  ];
}

async function finish(scope: ClusterScope): Promise<number | void> {
  if (scope.gone) return;
  const { cluster, deps } = scope;
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
