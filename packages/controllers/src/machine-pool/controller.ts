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
import type { Deps } from '../deps.ts';
import {
  getCluster,
  getGateway,
  getPool,
  keyOf,
  listClusters,
  listPools,
  splitKey,
  type ClusterObject,
  type PoolObject,
} from '../reads.ts';
import { dropFinalizer, writeStatus } from '../writes.ts';

interface PoolScope {
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
export const machinePoolController = (deps: Deps) =>
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
        { name: 'release', needs: ['machines'], run: (scope) => release(deps, scope) },
      ],
    },
    finish: (scope) => finish(deps, scope),
  });

function wakeOn(deps: Deps): Source[] {
  const poolsOf = async (project: string, cluster: string): Promise<string[]> =>
    (await listPools(deps.store, project, cluster)).map((pool) => keyOf(pool));
  const poolsOfGateway = async (gateway: string): Promise<string[]> => {
    const clusters = await listClusters(deps.store, `spec.gateway=${gateway}`);
    return (await Promise.all(clusters.map(({ metadata }) => poolsOf(metadata.namespace ?? '', metadata.name)))).flat();
  };
  return [
    changed(deps, 'MachinePool', (pool) => [keyOf(pool)]),
    changed(deps, 'Cluster', (cluster) => poolsOf(cluster.metadata.namespace ?? '', cluster.metadata.name), { specOnly: true }),
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

async function loadScope(deps: Deps, key: string): Promise<PoolScope | undefined> {
  const { project, name } = splitKey(key);
  const pool = await getPool(deps.store, project, name);
  if (!pool) return undefined;
  const cluster = await getCluster(deps.store, project, pool.spec.cluster);
  const gateway = cluster && (await getGateway(deps.store, cluster.spec.gateway));
  const uid = gateway?.metadata.uid;
  const reported = uid === undefined ? undefined : await deps.facts.gateway(uid);
  const connection = uid === undefined ? { connected: false } : deps.facts.connection(uid);
  return {
    pool,
    cluster,
    gatewayPlan: uid === undefined ? undefined : (await deps.plans.latestGateway(uid))?.plan,
    gatewayFacts: reported?.facts,
    connection: reported && connection.lastSeen === undefined ? { ...connection, lastSeen: reported.at } : connection,
    provision: reported?.facts.clusters.find((facts) => facts.clusterUid === cluster?.metadata.uid),
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

async function release(deps: Deps, scope: PoolScope): Promise<Step> {
  await dropFinalizer(deps.store, scope.pool, MACHINE_POOL_FINALIZER);
  scope.gone = true;
  return done();
}

async function finish(deps: Deps, scope: PoolScope): Promise<void> {
  if (!scope.gone) await writeStatus(deps.store, scope.pool, poolStatus(scope));
}

function poolStatus(scope: PoolScope): MachinePoolStatus {
  const { pool, provision, now } = scope;
  const seen = provision?.pools.find((candidate) => candidate.name === poolName(pool));
  const counts = { replicas: seen?.replicas ?? 0, readyReplicas: seen?.readyReplicas ?? 0, upToDateReplicas: seen?.upToDateReplicas ?? 0 };
  const conditions = withConditions(pool.status?.conditions ?? [], [readyCondition(scope, counts)], { now });
  return { ...counts, conditions, observedGeneration: seen ? pool.metadata.generation : (pool.status?.observedGeneration ?? 0) };
}

function readyCondition(scope: PoolScope, counts: { replicas: number; readyReplicas: number; upToDateReplicas: number }): WantedCondition {
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
