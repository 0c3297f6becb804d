import type { PlanPublisher } from '@slipway/link';
import {
  clusterChangePlan,
  mergeOverrides,
  mergePoolOverrides,
  mergePlans,
  type OverriddenStack,
  overriddenStack,
  poolName,
  poolSettings,
  refuseIf,
  type ResolvedProfile,
  settingsOf,
  type Values,
  type ApiObject,
  type ChangePlan,
  type CloudAccountSpec,
  estimateCost,
  type PlannedCost,
  type ClusterPicture,
  type ObjectStore,
} from '@slipway/model';
import { type Candidate, withCandidates } from './candidates.ts';
import type { ClusterResolver } from './cluster-resolver.ts';
import { overrideOf } from './gateway/render-cluster.ts';
import { renderPlan, type RenderPlanDeps } from './render-plan.ts';
import { getCluster, listPools, type ClusterObject, type PoolObject } from './reads.ts';

export interface PlanForInput {
  readonly project: string;
  /** Only this cluster; without it every cluster that the candidates touch. */
  readonly cluster?: string | undefined;
  readonly candidates: readonly Candidate[];
  /** Also say what becomes of the objects that charts make. Takes helm some tenths of a second for each chart. */
  readonly manifests?: { readonly tenant: string } | undefined;
}

/** Whose objects are read, and what says what a cluster is made of. */
export interface PlanForDeps extends RenderPlanDeps {
  readonly tenant: string;
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly plans: Pick<PlanPublisher, 'latestCluster'>;
  readonly resolveCluster: ClusterResolver;
}

/** What would happen to clusters if the candidates were stored, all at once. Reads, never writes. */
export async function planFor(deps: PlanForDeps, input: PlanForInput): Promise<ChangePlan> {
  const names = input.cluster === undefined ? touchedClusters(input) : [input.cluster];
  const plans: ChangePlan[] = [];
  for (const name of names) plans.push(await planForCluster(deps, input, name));
  return mergePlans(plans);
}

function touchedClusters({ candidates, project }: PlanForInput): string[] {
  const names = candidates
    .filter(({ object }) => object.metadata.namespace === project)
    .flatMap(({ object }) => {
      if (object.kind === 'Cluster') return [object.metadata.name];
      return object.kind === 'MachinePool' ? [(object as PoolObject).spec.cluster] : [];
    });
  return [...new Set(names)].toSorted();
}

async function planForCluster(deps: PlanForDeps, { project, candidates, manifests }: PlanForInput, name: string): Promise<ChangePlan> {
  const { store, plans } = deps;
  const ofKind = (kind: string) => candidates.filter(({ object }) => object.kind === kind);
  const stored = await getCluster(store, project, name);
  const storedPools = await listPools(store, project, name);
  const candidate = ofKind('Cluster').find(({ object }) => object.metadata.namespace === project && object.metadata.name === name);
  const wanted = candidate?.remove ? undefined : ((candidate?.object as ClusterObject | undefined) ?? stored);
  const pools = overlay(
    storedPools,
    ofKind('MachinePool').filter(({ object }) => (object as PoolObject).spec.cluster === name && object.metadata.namespace === project),
  );
  const published = stored && (await plans.latestCluster(stored.metadata.uid));
  const desired = wanted && (await picture(wanted, pools, { ...deps, store: withCandidates(store, candidates) }));
  const current = stored && (await picture(stored, storedPools, deps));
  const overrides =
    current && desired
      ? [...mergeOverrides(current.stack, desired.stack), ...mergePoolOverrides(current.stack, desired.stack, { pools, was: storedPools })]
      : [];
  const change = clusterChangePlan({ running: published?.plan, desired, current });
  const cost = { ...(await costOf(store, 'before', current)), ...(await costOf(withCandidates(store, candidates), 'after', desired)) };
  const plan = {
    ...change,
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(Object.keys(cost).length === 0 ? {} : { cost }),
  };
  return manifests ? renderPlan(deps, plan, { ...manifests, project, current, desired }) : plan;
}

/** By the prices of the cluster's cloud account; nothing when it has none. */
async function costOf(store: PlanForDeps['store'], key: keyof PlannedCost, pictured: Pictured | undefined): Promise<PlannedCost> {
  if (pictured === undefined) return {};
  const { cloudAccount, controlPlane } = pictured.spec;
  const account = (await store.get({ kind: 'CloudAccount', name: cloudAccount })) as ApiObject<CloudAccountSpec> | undefined;
  const estimate = estimateCost([{ name: 'control plane', ...controlPlane }, ...pictured.pools], account?.spec.prices);
  return estimate === undefined ? {} : { [key]: estimate };
}

function overlay(stored: readonly PoolObject[], candidates: readonly Candidate[]): PoolObject[] {
  const named = (object: { metadata: { name: string } }) =>
    candidates.find((candidate) => candidate.object.metadata.name === object.metadata.name);
  const kept = stored.filter((pool) => !named(pool));
  return [...kept, ...candidates.filter(({ remove }) => !remove).map(({ object }) => object as PoolObject)];
}

interface Pictured extends ClusterPicture {
  readonly stack: OverriddenStack;
}

async function picture(cluster: ClusterObject, pools: readonly PoolObject[], deps: PlanForDeps): Promise<Pictured> {
  const { resolved, stack } = await deps.resolveCluster(deps, cluster);
  if (!resolved.ok) refuseIf(`Cluster "${cluster.metadata.name}"`, resolved.causes);
  const { profile } = resolved as Extract<typeof resolved, { ok: true }>;
  return {
    name: cluster.metadata.name,
    spec: cluster.spec,
    stack: overriddenStack(stack, cluster.spec),
    pools: pools
      .filter((pool) => !pool.metadata.deletionTimestamp)
      .map((pool) => ({
        name: poolName(pool),
        replicas: pool.spec.replicas,
        size: pool.spec.size,
        labels: pool.spec.labels,
        taints: pool.spec.taints,
        ...kubeletOf(pool, profile),
      })),
    profile,
  };
}

/** Left out where nothing is set, as in plans from before there were settings. */
function kubeletOf(pool: PoolObject, profile: ResolvedProfile): Pick<ClusterPicture['pools'][number], 'kubelet'> {
  const { kubelet } = poolSettings(settingsOf(profile), overrideOf(pool, profile), profile.version) as { kubelet?: Values };
  return kubelet === undefined ? {} : { kubelet };
}
