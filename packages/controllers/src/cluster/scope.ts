import type { ConnectionState } from '@slipway/link';
import {
  compact,
  type ApiObject,
  type CloudAccountSpec,
  type ClusterFacts,
  gatewayClusterHash,
  maskedFacts,
  type ClusterPlan,
  type ClusterView,
  type GatewayFacts,
  type GatewayPlan,
  type LayerProblem,
  type Orphan,
  orphansOf,
  orphansOfPools,
  type OverriddenStack,
  overriddenStack,
  type PendingApproval,
  type Problem,
  type ProvisionFacts,
  type ResolveResult,
} from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { connectionOf, gatewayPlace, type GatewayPlace, gatewayReport } from '../gateway/place.ts';
import { renderCluster } from '../gateway/render-cluster.ts';
import { pendingChange } from '../pending-change.ts';
import {
  getCluster,
  listMachines,
  listPools,
  splitKey,
  type ClusterObject,
  type GatewayObject,
  type MachineObject,
  type PoolObject,
} from '../reads.ts';
import { depsOf } from '../tenant-deps.ts';

/** Everything one run for a cluster works from, read once at its start. The last fields are filled in by the phases. */
export interface ClusterScope {
  /** Of the cluster's tenant. */
  readonly deps: Deps;
  readonly cluster: ClusterObject;
  readonly project: string;
  readonly pools: readonly PoolObject[];
  readonly machines: readonly MachineObject[];
  readonly resolved: ResolveResult;
  /** Overrides that the profile has no place for. */
  readonly orphans: readonly Orphan[];
  /** Why nothing is known of a pack, by its key. */
  readonly packProblems: ReadonlyMap<string, string>;
  /** The gateway that does the work; of the installation when the tenant's is only its name. */
  readonly gateway: GatewayObject | undefined;
  readonly gatewayBorrowed: boolean;
  readonly gatewayPlan: GatewayPlan | undefined;
  readonly gatewayFacts: GatewayFacts | undefined;
  readonly gatewayConnection: ConnectionState;
  /** Why the gateway cannot be told how to build it. */
  readonly renderProblem: Problem | undefined;
  readonly provision: ProvisionFacts | undefined;
  /** The gateway has not yet applied what it should build now. */
  readonly gatewayBehind: boolean;
  readonly facts: ClusterFacts | undefined;
  readonly agent: ConnectionState;
  readonly published: ClusterPlan | undefined;
  /** RFC 3339. */
  readonly now: string;
  plan: { readonly revision: number; readonly hash: string } | undefined;
  planProblem: Problem | undefined;
  /** What the change asked for needs and has not got. */
  readonly pending: PendingApproval | undefined;
  layerProblems: Map<string, LayerProblem>;
  deletionWaitsFor: string | undefined;
  /** Set by the last phase of a deletion: there is nothing left to write status to. */
  gone: boolean;
}

export async function loadClusterScope(fleet: FleetDeps, key: string): Promise<ClusterScope | undefined> {
  const { tenant, project, name } = splitKey(key);
  const deps = depsOf(fleet, tenant);
  const cluster = await getCluster(deps.store, project, name);
  if (!cluster) return undefined;
  const { uid } = cluster.metadata;
  const place = await gatewayPlace(fleet, tenant, cluster.spec.gateway);
  const told = await gatewayReport(deps, place?.real);
  const account = (await deps.store.get({ kind: 'CloudAccount', name: cluster.spec.cloudAccount })) as
    | ApiObject<CloudAccountSpec>
    | undefined;
  const pools = await listPools(deps.store, project, name);
  const { resolved, packProblems, stack } = await deps.resolveCluster(deps, cluster);
  const staying = pools.filter((pool) => !pool.metadata.deletionTimestamp);
  const published = await deps.plans.latestCluster(uid);
  const pending = pendingChange(cluster, { resolved, packProblems }, published?.plan);
  const rendered = renderCluster({ cluster, pools: staying, resolved, cloud: account?.spec.cloud, keep: pending }, deps);
  const own = await deps.facts.cluster(uid);
  const provision = told.facts?.clusters.find((facts) => facts.clusterUid === uid);
  const applied = cluster.spec.paused ? undefined : provision?.appliedHash;
  return {
    deps,
    cluster,
    project,
    pools,
    machines: await listMachines(deps.store, project, name),
    resolved,
    orphans: stack.causes.length > 0 ? [] : orphans(overriddenStack(stack, cluster.spec), staying),
    packProblems,
    gateway: place?.real,
    gatewayBorrowed: place?.borrowed ?? false,
    gatewayPlan: told.plan,
    gatewayFacts: told.facts,
    gatewayConnection: told.connection,
    renderProblem: rendered.ok ? placeProblem(place, uid, told.plan) : rendered.problem,
    provision,
    gatewayBehind: rendered.ok && applied !== undefined && applied !== gatewayClusterHash(rendered.entry),
    facts: maskedFacts(own?.facts, resolved),
    agent: connectionOf(deps, uid, own?.at),
    published: published?.plan,
    now: new Date(deps.clock.now()).toISOString(),
    plan: published && { revision: published.plan.revision, hash: published.signed.hash },
    planProblem: undefined,
    pending,
    layerProblems: new Map(),
    deletionWaitsFor: undefined,
    gone: false,
  };
}

const orphans = (stack: OverriddenStack, pools: readonly PoolObject[]): Orphan[] => [...orphansOf(stack), ...orphansOfPools(stack, pools)];

/** Only new clusters are turned away: what a gateway builds already it keeps. */
export function placeProblem(place: GatewayPlace | undefined, clusterUid: string, plan: GatewayPlan | undefined): Problem | undefined {
  if (place === undefined || !place.borrowed) return undefined;
  if (plan?.clusters.some((entry) => entry.clusterUid === clusterUid)) return undefined;
  if (place.real?.spec.shared) return undefined;
  return {
    reason: 'GatewayNotShared',
    message: `The gateway "${place.named.metadata.name}" of this installation is not shared with this tenant; its operators can share it.`,
  };
}

export function viewOf(scope: ClusterScope): ClusterView {
  const refused = scope.gatewayFacts?.planRefused;
  // A plan holds clusters of several tenants, and so may the reason for refusing it.
  const why = scope.gatewayBorrowed ? 'The gateway of this installation refused the newest plan; its operators see why.' : undefined;
  const problem =
    scope.renderProblem ??
    (refused && { reason: refused.reason, message: why ?? `The gateway refused the newest plan: ${refused.message}` });
  return {
    cluster: scope.cluster,
    pools: scope.pools,
    resolved: scope.resolved,
    gateway: compact({ exists: scope.gateway !== undefined, connection: scope.gatewayConnection, problem, behind: scope.gatewayBehind }),
    provision: scope.provision,
    facts: scope.facts,
    agent: scope.agent,
    plan: scope.plan,
    planProblem: scope.planProblem,
    pending: scope.pending,
    orphans: scope.orphans,
    layerProblems: scope.layerProblems,
    ...(scope.deletionWaitsFor === undefined ? {} : { deletionWaitsFor: scope.deletionWaitsFor }),
    now: scope.now,
  };
}
