import type { ConnectionState } from '@slipway/link';
import {
  AGENT_GRACE_MS,
  compact,
  isReachable,
  withConditions,
  type ApiObject,
  type CloudAccountSpec,
  type GatewayFacts,
  type GatewayPlan,
  type GatewayStatus,
  type WantedCondition,
} from '@slipway/model';
import { calledBack, changed, defineController, done, type Source } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { recordChanges } from '../event/condition-events.ts';
import {
  getGateway,
  listClusters,
  listPools,
  type ClusterObject,
  type GatewayObject,
  type PoolObject,
  type ProfileObject,
} from '../reads.ts';
import { writeStatus } from '../writes.ts';
import { assembleGatewayPlan } from './assemble.ts';
import { renderCluster } from './render-cluster.ts';

interface GatewayScope {
  readonly gateway: GatewayObject;
  readonly clusters: readonly ClusterObject[];
  readonly pools: readonly PoolObject[];
  readonly profiles: ReadonlyMap<string, ProfileObject>;
  readonly accounts: ReadonlyMap<string, ApiObject<CloudAccountSpec>>;
  readonly previous: GatewayPlan | undefined;
  readonly facts: GatewayFacts | undefined;
  readonly connection: ConnectionState;
}

/** Publishes one plan per gateway with all its clusters, and says whether the gateway is there. */
export const gatewayController = (deps: Deps) =>
  defineController<GatewayScope>({
    name: 'gateway',
    resyncMs: 10 * 60_000,
    wakeOn: wakeOn(deps),
    load: (key) => loadScope(deps, key),
    deleting: ({ gateway }) => Boolean(gateway.metadata.deletionTimestamp),
    phases: { active: [{ name: 'publish', run: (scope) => publish(deps, scope) }] },
    finish: (scope) => finish(deps, scope),
  });

const SPEC = { specOnly: true };

function wakeOn(deps: Deps): Source[] {
  const gatewayOf = async (project: string, cluster: string): Promise<string[]> => {
    const found = (await deps.store.get({ kind: 'Cluster', project, name: cluster })) as ClusterObject | undefined;
    return found ? [found.spec.gateway] : [];
  };
  const gatewaysUsing = async (uses: (cluster: ClusterObject) => boolean): Promise<string[]> => [
    ...new Set((await listClusters(deps.store)).filter(uses).map((cluster) => cluster.spec.gateway)),
  ];
  return [
    changed(deps, 'Gateway', (gateway) => [gateway.metadata.name]),
    changed(deps, 'Cluster', (cluster) => [cluster.spec.gateway], SPEC),
    changed(deps, 'MachinePool', (pool) => gatewayOf(pool.metadata.namespace ?? '', pool.spec.cluster), SPEC),
    changed(deps, 'ClusterProfile', (profile) => gatewaysUsing((cluster) => cluster.spec.profile.name === profile.metadata.name), SPEC),
    changed(deps, 'CloudAccount', (account) => gatewaysUsing((cluster) => cluster.spec.cloudAccount === account.metadata.name), SPEC),
    calledBack((wake, signal) => deps.facts.onChange((subject) => subject.kind === 'gateway' && wake(subject.name), signal)),
  ];
}

async function loadScope(deps: Deps, name: string): Promise<GatewayScope | undefined> {
  const gateway = await getGateway(deps.store, name);
  if (!gateway) return undefined;
  const { uid } = gateway.metadata;
  // The plan published last is read before the objects: what is published from this scope then never lags behind what it is compared with.
  const published = await deps.plans.latestGateway(uid);
  const reported = await deps.facts.gateway(uid);
  const byName = async <T>(kind: string): Promise<Map<string, T>> =>
    new Map((await deps.store.list({ kind })).items.map((object) => [object.metadata.name, object as T]));
  return {
    gateway,
    clusters: await listClusters(deps.store, `spec.gateway=${name}`),
    pools: await listPools(deps.store),
    profiles: await byName<ProfileObject>('ClusterProfile'),
    accounts: await byName<ApiObject<CloudAccountSpec>>('CloudAccount'),
    previous: published?.plan,
    facts: reported?.facts,
    connection: compact({ ...deps.facts.connection(uid), lastSeen: deps.facts.connection(uid).lastSeen ?? reported?.at }),
  };
}

async function publish(deps: Deps, scope: GatewayScope) {
  const { uid, name } = scope.gateway.metadata;
  const plan = assembleGatewayPlan({
    gateway: { uid, name },
    previous: scope.previous,
    done: new Set(scope.facts?.tombstonesDone),
    clusters: scope.clusters.map((cluster) => ({
      cluster,
      pools: scope.pools.filter(
        ({ metadata, spec }) => metadata.namespace === cluster.metadata.namespace && spec.cluster === cluster.metadata.name,
      ),
      render: (pools) =>
        renderCluster(
          {
            cluster,
            pools,
            resolved: deps.resolveCluster(cluster.spec, scope.profiles.get(cluster.spec.profile.name)),
            cloud: scope.accounts.get(cluster.spec.cloudAccount)?.spec.cloud,
          },
          deps,
        ),
    })),
  });
  const isEmpty = plan.clusters.length === 0 && plan.tombstones.length === 0;
  if (isEmpty && !scope.previous) return done();
  await deps.plans.publishGateway(plan);
  return done();
}

async function finish(deps: Deps, scope: GatewayScope): Promise<number | void> {
  const { gateway, connection } = scope;
  const now = new Date(deps.clock.now()).toISOString();
  const status = gatewayStatus(scope, now);
  await recordChanges(deps, gateway, gateway.status?.conditions ?? [], status.conditions);
  await writeStatus(deps.store, gateway, status);
  if (!connection.connected && isReachable(connection, now)) return AGENT_GRACE_MS;
}

function gatewayStatus({ gateway, clusters, connection, facts }: GatewayScope, now: string): GatewayStatus {
  const reachable = isReachable(connection, now);
  const wanted = gatewayConditions({ name: gateway.metadata.name, reachable, connection, facts });
  return compact({
    conditions: withConditions(gateway.status?.conditions ?? [], wanted, { now }),
    connected: reachable,
    // Heartbeats must not write objects: the time is only told while it is away.
    lastSeen: reachable ? undefined : connection.lastSeen,
    version: connection.agentVersion ?? facts?.agentVersion,
    clusters: clusters.length,
  });
}

interface Seen {
  readonly name: string;
  readonly reachable: boolean;
  readonly connection: ConnectionState;
  readonly facts: GatewayFacts | undefined;
}

function gatewayConditions({ name, reachable, connection, facts }: Seen): WantedCondition[] {
  const connected = connectedCondition(name, reachable, connection);
  const refused = facts?.planRefused;
  const accepted: WantedCondition = refused
    ? { type: 'PlanAccepted', status: 'False', reason: refused.reason, message: `The gateway refused the newest plan: ${refused.message}` }
    : { type: 'PlanAccepted', status: facts ? 'True' : 'Unknown', reason: facts ? 'Accepted' : 'NotReported', message: '' };
  const healthy = healthyCondition(reachable, facts);
  const bad = [connected, accepted, healthy].find((condition) => condition.status !== 'True');
  return [connected, accepted, healthy, bad ? { ...bad, type: 'Ready' } : { type: 'Ready', status: 'True', reason: 'Ready', message: '' }];
}

function connectedCondition(name: string, reachable: boolean, connection: ConnectionState): WantedCondition {
  if (reachable) return { type: 'Connected', status: 'True', reason: 'Connected', message: '' };
  const message = connection.lastSeen
    ? `Gateway "${name}" has not been heard of since ${connection.lastSeen}. Its clusters run on; machines are not made or removed until it is back.`
    : `Gateway "${name}" has not connected yet.`;
  return { type: 'Connected', status: 'False', reason: connection.lastSeen ? 'Unreachable' : 'NeverConnected', message };
}

function healthyCondition(reachable: boolean, facts: GatewayFacts | undefined): WantedCondition {
  if (!reachable || !facts)
    return { type: 'Healthy', status: 'Unknown', reason: 'NotReported', message: 'Health is known when the gateway reports.' };
  if (facts.health.healthy) return { type: 'Healthy', status: 'True', reason: 'Healthy', message: '' };
  const bad = facts.health.conditions.filter((condition) => condition.status !== 'True');
  return {
    type: 'Healthy',
    status: 'False',
    reason: bad[0]?.reason || 'Unhealthy',
    message: bad.map((condition) => condition.message || condition.type).join('; '),
  };
}
