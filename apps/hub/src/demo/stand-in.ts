import {
  clusterNews,
  deleteObject,
  dropFinalizer,
  poolStatus,
  reconcileMachines,
  recordChanges,
  tenantStore,
  writeStatus,
} from '@slipway/controllers';
import { systemClock } from '@slipway/kit';
import {
  type ApiObject,
  type ClusterSpec,
  type ClusterStatus,
  clusterStatus,
  type ClusterView,
  DEFAULT_TENANT,
  type ObjectStore,
  type ResolveResult,
} from '@slipway/model';
import { createEventRecorder } from '@slipway/runtime';
import type { Store } from '@slipway/store';
import { LOST_REGION, regionGateway } from './catalogue.ts';
import { demoView } from './facts.ts';
import type { DemoPool } from './machine-facts.ts';
import { createResolve } from './resolver.ts';
import { CONNECTED, lostSince } from './seed-cluster.ts';
import { type Situation, WELL } from './situation.ts';
import { asked } from './troubles.ts';

export type DemoCluster = ApiObject<ClusterSpec, ClusterStatus>;

export interface StandInDeps {
  readonly store: Store;
  readonly situations: Map<string, Situation>;
  /** When the demo began, in milliseconds. */
  readonly begun: number;
}

/** What a deletion takes here; real machines take minutes too. */
const LEAVING_MS = 45_000;

/**
 * In place of gateways, agents and the controllers that need them: says of each cluster what the hub's rules make of its situation, and lets what somebody deletes go. One key at a time, by whoever calls.
 */
export function createStandIn({ store: fleet, situations, begun }: StandInDeps) {
  const store = tenantStore(fleet, DEFAULT_TENANT);
  const events = createEventRecorder({ store, clock: systemClock });
  /** Uids of clusters that somebody deleted. */
  const leaving = new Set<string>();
  const resolve = createResolve((kind, name, project) => store.get({ kind, name, project }));

  /** Brings everything that is shown of a cluster to its situation. False when there is none of that name. */
  async function look(project: string, name: string): Promise<boolean> {
    const cluster = (await store.get({ kind: 'Cluster', project, name })) as DemoCluster | undefined;
    if (cluster === undefined) return false;
    const { deletionTimestamp, uid } = cluster.metadata;
    if (deletionTimestamp) leaving.add(uid);
    if (deletionTimestamp && Date.now() - Date.parse(deletionTimestamp) > LEAVING_MS) return remove(store, cluster);
    const pools = await poolsOf(store, cluster);
    const resolved = await resolve(cluster);
    const situation = nextSituation(
      cluster,
      resolved,
      situations.get(uid) ?? (cluster.status === undefined ? { is: 'making', done: 0 } : WELL),
    );
    keep(uid, situation);
    const gateway = cluster.spec.gateway === regionGateway(LOST_REGION) ? lostSince(begun) : CONNECTED;
    const view = demoView({ cluster, pools, resolved, situation, gateway, now: new Date().toISOString() });
    await keepMachines(cluster, pools, view);
    const status = clusterStatus(deletionTimestamp ? { ...view, deletionWaitsFor: 'The gateway is removing the machines.' } : view);
    if (!deletionTimestamp) {
      await recordChanges({ events }, cluster, cluster.status?.conditions ?? [], status.conditions);
      for (const news of clusterNews(cluster.status, status)) await events.record({ ...news, regarding: cluster });
    }
    await writeStatus(store, cluster, status);
    return true;
  }

  function keep(uid: string, situation: Situation): void {
    if (situation.is === 'well') situations.delete(uid);
    else situations.set(uid, situation);
  }

  async function keepMachines(cluster: DemoCluster, pools: readonly DemoPool[], view: ClusterView): Promise<void> {
    const project = cluster.metadata.namespace ?? '';
    const machines = await listOf(store, 'Machine', cluster);
    if (!cluster.spec.paused && !cluster.metadata.deletionTimestamp)
      await reconcileMachines({ store, events }, { cluster, project, machines, provision: view.provision });
    for (const pool of pools) {
      if (pool.metadata.deletionTimestamp) await letGo(store, pool);
      else
        await writeStatus(
          store,
          pool,
          poolStatus({ pool, cluster, connection: view.gateway.connection, provision: view.provision, now: view.now, waitsFor: '' }),
        );
    }
  }

  return { look, situations, leaving, keep };
}
export type StandIn = ReturnType<typeof createStandIn>;

const listOf = async (store: ObjectStore, kind: string, { metadata }: DemoCluster): Promise<ApiObject<any, any>[]> =>
  (await store.list({ kind, project: metadata.namespace, fieldSelector: `spec.cluster=${metadata.name}` })).items;

const poolsOf = (store: ObjectStore, cluster: DemoCluster): Promise<DemoPool[]> => listOf(store, 'MachinePool', cluster);

async function letGo(store: ObjectStore, object: ApiObject<any, any>): Promise<void> {
  for (const finalizer of object.metadata.finalizers ?? []) await dropFinalizer(store, object, finalizer);
}

async function remove(store: ObjectStore, cluster: DemoCluster): Promise<boolean> {
  const project = cluster.metadata.namespace;
  for (const machine of await listOf(store, 'Machine', cluster))
    await deleteObject(store, { kind: 'Machine', project, name: machine.metadata.name });
  for (const pool of await poolsOf(store, cluster)) {
    await letGo(store, pool);
    await deleteObject(store, { kind: 'MachinePool', project, name: pool.metadata.name });
  }
  await letGo(store, cluster);
  return false;
}

/** What a change of the spec makes of a situation: another Kubernetes asks for its approval first, as the hub's own rules have it, and then takes time. */
function nextSituation(cluster: DemoCluster, resolved: ResolveResult, now: Situation): Situation {
  const { spec, status, metadata } = cluster;
  const runs = status?.kubernetesVersion;
  if (!resolved.ok || now.is === 'making' || now.is === 'not-made' || now.is === 'updating' || runs === undefined) return now;
  if (resolved.profile.kubernetesVersion === runs) return now.is === 'asking' ? WELL : now;
  const pending = asked(metadata.uid, runs, resolved.profile, spec.approvals);
  return pending === undefined ? { is: 'updating', from: runs, done: 0 } : { is: 'asking', pending };
}
