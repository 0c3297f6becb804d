import type { ConnectionState } from '@slipway/link';
import {
  compact,
  type ApiObject,
  type CloudAccountSpec,
  type ClusterFacts,
  gatewayClusterHash,
  type ClusterPlan,
  type ClusterView,
  type GatewayFacts,
  type GatewayPlan,
  type LayerProblem,
  type Problem,
  type ProvisionFacts,
  type ResolveResult,
} from '@slipway/model';
import type { Deps } from '../deps.ts';
import { renderCluster } from '../gateway/render-cluster.ts';
import {
  getCluster,
  getGateway,
  getProfile,
  listMachines,
  listPools,
  splitKey,
  type ClusterObject,
  type GatewayObject,
  type MachineObject,
  type PoolObject,
} from '../reads.ts';

/** Everything one run for a cluster works from, read once at its start. The last fields are filled in by the phases. */
export interface ClusterScope {
  readonly cluster: ClusterObject;
  readonly project: string;
  readonly pools: readonly PoolObject[];
  readonly machines: readonly MachineObject[];
  readonly resolved: ResolveResult;
  readonly gateway: GatewayObject | undefined;
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
  layerProblems: Map<string, LayerProblem>;
  deletionWaitsFor: string | undefined;
  /** Set by the last phase of a deletion: there is nothing left to write status to. */
  gone: boolean;
}

export async function loadClusterScope(deps: Deps, key: string): Promise<ClusterScope | undefined> {
  const { project, name } = splitKey(key);
  const cluster = await getCluster(deps.store, project, name);
  if (!cluster) return undefined;
  const { uid } = cluster.metadata;
  const gateway = await getGateway(deps.store, cluster.spec.gateway);
  const gatewayUid = gateway?.metadata.uid;
  const account = (await deps.store.get({ kind: 'CloudAccount', name: cluster.spec.cloudAccount })) as
    | ApiObject<CloudAccountSpec>
    | undefined;
  const pools = await listPools(deps.store, project, name);
  const resolved = deps.resolveCluster(cluster.spec, await getProfile(deps.store, cluster.spec.profile.name));
  const staying = pools.filter((pool) => !pool.metadata.deletionTimestamp);
  const rendered = renderCluster({ cluster, pools: staying, resolved, cloud: account?.spec.cloud }, deps);
  const published = await deps.plans.latestCluster(uid);
  const own = await deps.facts.cluster(uid);
  const fromGateway = gatewayUid === undefined ? undefined : await deps.facts.gateway(gatewayUid);
  const provision = fromGateway?.facts.clusters.find((facts) => facts.clusterUid === uid);
  const applied = cluster.spec.paused ? undefined : provision?.appliedHash;
  return {
    cluster,
    project,
    pools,
    machines: await listMachines(deps.store, project, name),
    resolved,
    gateway,
    gatewayPlan: gatewayUid === undefined ? undefined : (await deps.plans.latestGateway(gatewayUid))?.plan,
    gatewayFacts: fromGateway?.facts,
    gatewayConnection: connection(deps, gatewayUid, fromGateway?.at),
    renderProblem: rendered.ok ? undefined : rendered.problem,
    provision,
    gatewayBehind: rendered.ok && applied !== undefined && applied !== gatewayClusterHash(rendered.entry),
    facts: own?.facts,
    agent: connection(deps, uid, own?.at),
    published: published?.plan,
    now: new Date(deps.clock.now()).toISOString(),
    plan: published && { revision: published.plan.revision, hash: published.signed.hash },
    planProblem: undefined,
    layerProblems: new Map(),
    deletionWaitsFor: undefined,
    gone: false,
  };
}

/** After a restart of the hub nothing is connected yet; the facts reported last then say when the agent was there. */
function connection(deps: Deps, uid: string | undefined, reportedAt: string | undefined): ConnectionState {
  if (uid === undefined) return { connected: false };
  const now = deps.facts.connection(uid);
  return compact({ ...now, lastSeen: now.lastSeen ?? reportedAt });
}

export function viewOf(scope: ClusterScope): ClusterView {
  const refused = scope.gatewayFacts?.planRefused;
  const problem =
    scope.renderProblem ?? (refused && { reason: refused.reason, message: `The gateway refused the newest plan: ${refused.message}` });
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
    layerProblems: scope.layerProblems,
    ...(scope.deletionWaitsFor === undefined ? {} : { deletionWaitsFor: scope.deletionWaitsFor }),
    now: scope.now,
  };
}
