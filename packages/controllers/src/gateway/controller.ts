import type { ConnectionState } from '@slipway/link';
import {
  AGENT_GRACE_MS,
  type ApiObject,
  compact,
  isReachable,
  withConditions,
  type GatewayFacts,
  type GatewayPlan,
  type GatewayStatus,
  type WantedCondition,
} from '@slipway/model';
import { calledBack, changed, defineController, done, type Source } from '@slipway/runtime';
import type { Deps, FleetDeps } from '../deps.ts';
import { recordChanges } from '../event/condition-events.ts';
import { keysUsingMacro, MACRO_KINDS } from '../macro-users.ts';
import { PROFILE_KINDS, usesProfile } from '../profile-users.ts';
import { getCluster, keyOf, listClusters, type ClusterObject, type GatewayObject, splitKey } from '../reads.ts';
import { depsOf, tenantStore } from '../tenant-deps.ts';
import { writeStatus } from '../writes.ts';
import { assembleGatewayPlan } from './assemble.ts';
import { assembled, borrowers, partOf, type TenantPart } from './parts.ts';
import { gatewayKeys, gatewayPlace, gatewayReport, type GatewayPlace } from './place.ts';

interface GatewayScope {
  readonly deps: Deps;
  /** The object whose status is written. */
  readonly gateway: GatewayObject;
  readonly place: GatewayPlace;
  readonly own: TenantPart;
  /** Other tenants whose gateway this is too. */
  readonly others: readonly TenantPart[];
  readonly previous: GatewayPlan | undefined;
  readonly facts: GatewayFacts | undefined;
  readonly connection: ConnectionState;
}

/** Publishes one plan per gateway with all its clusters, of whatever tenant, and says whether the gateway is there. */
export const gatewayController = (deps: FleetDeps) =>
  defineController<GatewayScope>({
    name: 'gateway',
    resyncMs: 10 * 60_000,
    wakeOn: wakeOn(deps),
    load: (key) => loadScope(deps, key),
    deleting: ({ gateway }) => Boolean(gateway.metadata.deletionTimestamp),
    phases: { active: [{ name: 'publish', run: (scope) => publish(scope) }] },
    finish: (scope) => finish(scope),
  });

const SPEC = { specOnly: true };

function wakeOn(deps: FleetDeps): Source[] {
  const gatewaysOf = (tenant: string, clusters: readonly ClusterObject[]): string[] => [
    ...new Set(clusters.flatMap(({ spec }) => gatewayKeys(tenant, spec.gateway))),
  ];
  const gatewaysUsing = async (tenant: string, uses: (cluster: ClusterObject) => boolean): Promise<string[]> =>
    gatewaysOf(tenant, (await listClusters(tenantStore(deps.store, tenant))).filter(uses));
  const gatewaysOfProfile = (profile: ApiObject, tenant: string): string[] => [
    ...new Set(deps.clusters.using(usesProfile(profile, tenant)).flatMap((known) => gatewaysOf(known.tenant, [known.cluster]))),
  ];
  /** Names by key, for reports of gateways, which say no tenant. */
  const names = new Map<string, string>();
  return [
    changed(deps, 'Gateway', (gateway, tenant) => {
      names.set(keyOf(tenant, gateway), gateway.metadata.name);
      return gatewayKeys(tenant, gateway.metadata.name);
    }),
    changed(deps, 'Cluster', (cluster, tenant) => gatewaysOf(tenant, [cluster]), SPEC),
    changed(
      deps,
      'MachinePool',
      async (pool, tenant) => {
        const cluster = await getCluster(tenantStore(deps.store, tenant), pool.metadata.namespace ?? '', pool.spec.cluster);
        return cluster ? gatewaysOf(tenant, [cluster]) : [];
      },
      SPEC,
    ),
    ...PROFILE_KINDS.map((kind) => changed(deps, kind, (profile, tenant) => gatewaysOfProfile(profile, tenant), SPEC)),
    // Versions and settings of Kubernetes may be made of them.
    ...MACRO_KINDS.map((kind) =>
      changed(
        deps,
        kind,
        async (macro, tenant) => {
          const keys = new Set(await keysUsingMacro(deps, macro, tenant));
          const known = deps.clusters.using((cluster, of) => keys.has(keyOf(of, cluster)));
          return [...new Set(known.flatMap((one) => gatewaysOf(one.tenant, [one.cluster])))];
        },
        SPEC,
      ),
    ),
    changed(
      deps,
      'CloudAccount',
      (account, tenant) => gatewaysUsing(tenant, ({ spec }) => spec.cloudAccount === account.metadata.name),
      SPEC,
    ),
    calledBack((wake, signal) =>
      deps.facts.onChange((subject) => {
        // Whoever's it is, and those who borrow it: their status shows the same connection.
        if (subject.kind === 'gateway') [...names].filter(([, name]) => name === subject.name).forEach(([key]) => wake(key));
      }, signal),
    ),
  ];
}

async function loadScope(fleet: FleetDeps, key: string): Promise<GatewayScope | undefined> {
  const { tenant, name } = splitKey(key);
  const deps = depsOf(fleet, tenant);
  const place = await gatewayPlace(fleet, tenant, name);
  if (!place) return undefined;
  // The plan published last is read before the objects: what is published from this scope then never lags behind what it is compared with.
  const { plan, facts, connection } = await gatewayReport(deps, place.real);
  return {
    deps,
    gateway: place.named,
    place,
    own: await partOf(fleet, tenant, name),
    others: place.borrowed ? [] : await borrowers(fleet, tenant, name),
    previous: plan,
    facts,
    connection,
  };
}

async function publish({ deps, gateway, place, own, others, previous, facts }: GatewayScope) {
  if (place.borrowed) return done();
  const built = new Set(previous?.clusters.map(({ clusterUid }) => clusterUid));
  // Of a gateway that is not shared, or no longer: what it builds for others it keeps, and takes nothing new.
  const welcome = ({ metadata }: ClusterObject): boolean =>
    gateway.spec.shared || built.has(metadata.uid) || metadata.deletionTimestamp !== undefined;
  const everything = async () => {
    const parts = [own, ...others.map((part) => ({ ...part, clusters: part.clusters.filter(welcome) }))];
    return (await Promise.all(parts.map((part) => assembled(deps, part)))).flat();
  };
  const plan = assembleGatewayPlan({
    gateway: { uid: gateway.metadata.uid, name: gateway.metadata.name },
    previous,
    done: new Set(facts?.tombstonesDone),
    clusters: await everything(),
  });
  const isEmpty = plan.clusters.length === 0 && plan.tombstones.length === 0;
  if (isEmpty && !previous) return done();
  await deps.plans.publishGateway(plan);
  return done();
}

async function finish(scope: GatewayScope): Promise<number | void> {
  const { deps, gateway, connection } = scope;
  const now = new Date(deps.clock.now()).toISOString();
  const status = gatewayStatus(scope, now);
  await recordChanges(deps, gateway, gateway.status?.conditions ?? [], status.conditions);
  await writeStatus(deps.store, gateway, status);
  if (!connection.connected && isReachable(connection, now)) return AGENT_GRACE_MS;
}

function gatewayStatus({ gateway, place, own, connection, facts }: GatewayScope, now: string): GatewayStatus {
  const reachable = isReachable(connection, now);
  const seen = { name: gateway.metadata.name, reachable, connection, facts };
  const wanted = place.borrowed ? borrowedConditions(place, gatewayConditions(seen)) : gatewayConditions(seen);
  return compact({
    conditions: withConditions(gateway.status?.conditions ?? [], wanted, { now }),
    connected: reachable,
    // Heartbeats must not write objects: the time is only told while it is away.
    lastSeen: reachable ? undefined : connection.lastSeen,
    version: connection.agentVersion ?? facts?.agentVersion,
    // Its own, also where the gateway serves others: a tenant does not learn of them.
    clusters: own.clusters.length,
  });
}

/** What the gateway says may be about other tenants' clusters: a tenant that borrows it learns how it is, not why. */
function borrowedConditions(place: GatewayPlace, conditions: WantedCondition[]): WantedCondition[] {
  const shared = place.real?.spec.shared ?? false;
  const reason = place.real === undefined ? 'NoGateway' : 'GatewayNotShared';
  const refusal = { status: 'False' as const, reason, message: 'This installation does not share a gateway of this name.' };
  return conditions.map((condition) => {
    if (!shared && (condition.type === 'Ready' || condition.type === 'Connected')) return { ...condition, ...refusal };
    const isPlain = condition.status === 'True' || condition.message === '';
    return isPlain
      ? condition
      : { ...condition, message: `The gateway of this installation is not as it should be (${condition.reason}).` };
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
