import {
  isReachable,
  MACHINE_POOL_FINALIZER,
  poolName,
  poolTombstonePrefix,
  withConditions,
  type GatewayFacts,
  type GatewayPlan,
  type MachinePoolStatus,
  type ProvisionFacts,
  type WantedCondition,
} from '@slipway/model';
import type { ConnectionState } from '@slipway/link';
import { again, calledBack, changed, defineController, done, wait, type Source, type Step } from '@slipway/runtime';
import { FORCE_DELETE } from '../cluster/delete.ts';
import type { Deps, FleetDeps } from '../deps.ts';
import { gatewayPlace, gatewayReport } from '../gateway/place.ts';
import { getCluster, getPool, keyOf, listPools, splitKey, type ClusterObject, type PoolObject } from '../reads.ts';
import { depsOf, tenantStore } from '../tenant-deps.ts';
import { dropFinalizer, writeStatus } from '../writes.ts';

interface PoolScope {
  /** Of the pool's tenant. */
  readonly deps: Deps;
  readonly pool: PoolObject;
  readonly cluster: ClusterObject | undefined;
  readonly gatewayPlan: GatewayPlan | undefined;
  readonly gatewayFacts: GatewayFacts | undefined;
  readonly connection: ConnectionState;
  readonly provision: ProvisionFacts | undefined;
  readonly now: string;
  waitsFor: string;
  gone: boolean;
}

const LOOK_AGAIN_MS = 2000;

/** Says how far a pool's machines are, and lets a deleted pool go when its machines are gone. The machines themselves are in the gateway's plan. */
export const machinePoolController = (deps: FleetDeps) =>
  defineController<PoolScope>({
    name: 'machine-pool',
    resyncMs: 10 * 60_000,
    wakeOn: wakeOn(deps),
    load: (key) => loadScope(deps, key),
    paused: ({ cluster }) => cluster?.spec.paused ?? false,
    deleting: ({ pool }) => Boolean(pool.metadata.deletionTimestamp),
    phases: {
      deleting: [
        { name: 'machines', run: awaitMachines },
        { name: 'release', needs: ['machines'], run: (scope) => release(scope) },
      ],
    },
    finish: (scope) => finish(scope),
  });

function wakeOn(deps: FleetDeps): Source[] {
  const poolsOf = async (tenant: string, project: string, cluster: string): Promise<string[]> =>
    (await listPools(tenantStore(deps.store, tenant), project, cluster)).map((pool) => keyOf(tenant, pool));
  const poolsOfGateway = async (gateway: string): Promise<string[]> => {
    const clusters = deps.clusters.using(({ spec }) => spec.gateway === gateway);
    return (
      await Promise.all(clusters.map(({ tenant, cluster: { metadata } }) => poolsOf(tenant, metadata.namespace ?? '', metadata.name)))
    ).flat();
  };
  return [
    changed(deps, 'MachinePool', (pool, tenant) => [keyOf(tenant, pool)]),
    changed(deps, 'Cluster', (cluster, tenant) => poolsOf(tenant, cluster.metadata.namespace ?? '', cluster.metadata.name), {
      specOnly: true,
    }),
    calledBack((wake, signal) =>
      deps.facts.onChange((subject) => {
        // A read that fails is made good by the resync; the gateway reports again long before.
        if (subject.kind === 'gateway')
          poolsOfGateway(subject.name).then(
            (keys) => keys.forEach(wake),
            () => undefined,
          );
      }, signal),
    ),
  ];
}

async function loadScope(fleet: FleetDeps, key: string): Promise<PoolScope | undefined> {
  const { tenant, project, name } = splitKey(key);
  const deps = depsOf(fleet, tenant);
  const pool = await getPool(deps.store, project, name);
  if (!pool) return undefined;
  const cluster = await getCluster(deps.store, project, pool.spec.cluster);
  const place = cluster && (await gatewayPlace(fleet, tenant, cluster.spec.gateway));
  const { plan, facts, connection } = await gatewayReport(deps, place?.real);
  return {
    deps,
    pool,
    cluster,
    gatewayPlan: plan,
    gatewayFacts: facts,
    connection,
    provision: facts?.clusters.find(({ clusterUid }) => clusterUid === cluster?.metadata.uid),
    now: new Date(deps.clock.now()).toISOString(),
    waitsFor: '',
    gone: false,
  };
}

function awaitMachines(scope: PoolScope): Step {
  const { pool, cluster, gatewayPlan, gatewayFacts, provision } = scope;
  if (!cluster || pool.metadata.annotations?.[FORCE_DELETE] === 'true') return done();
  if (cluster.metadata.deletionTimestamp) return waiting(scope, 'Goes together with its cluster.');
  const prefix = poolTombstonePrefix(pool.metadata.uid);
  const told = (gatewayPlan?.tombstones ?? []).filter((tombstone) => tombstone.id.startsWith(prefix));
  if (told.length === 0) {
    scope.waitsFor = `Telling gateway "${cluster.spec.gateway}" to remove the machines.`;
    return again(LOOK_AGAIN_MS, scope.waitsFor);
  }
  const neverJoined = gatewayFacts === undefined && scope.connection.lastSeen === undefined && !scope.connection.connected;
  if (neverJoined) return done();
  const open = told.filter((tombstone) => !gatewayFacts?.tombstonesDone.includes(tombstone.id));
  if (open.length > 0)
    return waiting(
      scope,
      isReachable(scope.connection, scope.now)
        ? 'The gateway is removing the machines.'
        : `Gateway "${cluster.spec.gateway}" is not connected; the machines are removed when it is back.`,
    );
  const left = provision?.machines.filter((machine) => machine.pool === poolName(pool)) ?? [];
  return left.length > 0
    ? waiting(scope, `Waits for ${left.length} machines to go: ${left.map((machine) => machine.name).join(', ')}.`)
    : done();
}

function waiting(scope: PoolScope, message: string): Step {
  scope.waitsFor = message;
  return wait('WaitingForMachines', message);
}

async function release(scope: PoolScope): Promise<Step> {
  await dropFinalizer(scope.deps.store, scope.pool, MACHINE_POOL_FINALIZER);
  scope.gone = true;
  return done();
}

async function finish(scope: PoolScope): Promise<void> {
  if (!scope.gone) await writeStatus(scope.deps.store, scope.pool, poolStatus(scope));
}

type PoolView = Pick<PoolScope, 'pool' | 'cluster' | 'connection' | 'provision' | 'now' | 'waitsFor'>;

/** What a pool's status says, from what its gateway reported. Pure. */
export function poolStatus(scope: PoolView): MachinePoolStatus {
  const { pool, provision, now } = scope;
  const seen = provision?.pools.find((candidate) => candidate.name === poolName(pool));
  const counts = { replicas: seen?.replicas ?? 0, readyReplicas: seen?.readyReplicas ?? 0, upToDateReplicas: seen?.upToDateReplicas ?? 0 };
  const conditions = withConditions(pool.status?.conditions ?? [], [readyCondition(scope, counts)], { now });
  return { ...counts, conditions, observedGeneration: seen ? pool.metadata.generation : (pool.status?.observedGeneration ?? 0) };
}

function readyCondition(scope: PoolView, counts: { replicas: number; readyReplicas: number; upToDateReplicas: number }): WantedCondition {
  const { pool, cluster } = scope;
  const type = 'Ready';
  const wanted = pool.spec.replicas;
  if (pool.metadata.deletionTimestamp) return { type, status: 'False', reason: 'Deleting', message: scope.waitsFor };
  if (!cluster) return { type, status: 'False', reason: 'ClusterMissing', message: `Cluster "${pool.spec.cluster}" does not exist.` };
  if (cluster.spec.paused) return { type, status: 'Unknown', reason: 'Paused', message: 'The cluster is paused.' };
  if (!isReachable(scope.connection, scope.now)) {
    return {
      type,
      status: 'Unknown',
      reason: 'GatewayUnreachable',
      message: `Gateway "${cluster.spec.gateway}" is not connected: the machines run on, but cannot be seen or changed.`,
    };
  }
  if (counts.replicas > wanted)
    return { type, status: 'False', reason: 'ScalingDown', message: `${counts.replicas - wanted} machines are being removed.` };
  if (counts.upToDateReplicas < wanted)
    return { type, status: 'False', reason: 'RollingOut', message: `${counts.upToDateReplicas} of ${wanted} machines are as wanted.` };
  if (counts.readyReplicas < wanted)
    return { type, status: 'False', reason: 'WaitingForMachines', message: `${counts.readyReplicas} of ${wanted} machines are ready.` };
  return { type, status: 'True', reason: 'Ready', message: `${wanted} of ${wanted} machines are ready.` };
}
