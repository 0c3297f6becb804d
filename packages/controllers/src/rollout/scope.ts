import { messageOf, withinTime } from '@slipway/kit';
import {
  type ApiObject,
  type CheckEvaluator,
  compileExpression,
  nextStep,
  type NextStep,
  type MaintenancePolicySpec,
  type Member,
  rolloutMembers,
  type RolloutSpec,
  type RolloutStatus,
  selects,
  windowState,
} from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { type ClusterObject, splitKey } from '../reads.ts';
import { depsOf } from '../tenant-deps.ts';

export type RolloutObject = ApiObject<RolloutSpec, RolloutStatus>;

/** Everything one run for a rollout works from. */
export interface RolloutScope {
  readonly deps: Deps;
  readonly rollout: RolloutObject;
  /** Changed by a phase that records something at a cluster: the decision is made of what is recorded. */
  members: readonly Member[];
  readonly policies: ReadonlyMap<string, MaintenancePolicySpec>;
  /** RFC 3339. */
  readonly now: string;
  approval: RolloutStatus['approval'];
}

/** Clusters read at once: a fleet of ten thousand is not held in memory whole besides what is selected of it. */
const PAGE = 500;
/** Milliseconds for one check of one cluster. */
const CHECK_MS = 100;

export async function loadRolloutScope(fleet: FleetDeps, key: string): Promise<RolloutScope | undefined> {
  const { tenant, name } = splitKey(key);
  const deps = depsOf(fleet, tenant);
  const rollout = (await deps.store.get({ kind: 'Rollout', name })) as RolloutObject | undefined;
  if (!rollout) return undefined;
  const policies = await policiesOf(deps);
  const now = new Date(deps.clock.now()).toISOString();
  const clusters = await selectedClusters(deps, rollout);
  const members = rolloutMembers({ rollout, clusters, check: checkCluster, policies, now });
  return { deps, rollout, members, policies, now, approval: rollout.status?.approval };
}

export async function selectedClusters(deps: Pick<Deps, 'store'>, rollout: Parameters<typeof selects>[0]): Promise<ClusterObject[]> {
  const selected: ClusterObject[] = [];
  const isSelected = selects(rollout);
  // A rollout of some projects does not read the fleet: it is looked at whenever a cluster changes.
  const { projects, clusters } = rollout.spec.selector;
  for (const project of projects ?? projectsOf(clusters) ?? [undefined]) {
    let after: string | undefined;
    do {
      const page = await deps.store.list({ kind: 'Cluster', project, limit: PAGE, ...(after === undefined ? {} : { continue: after }) });
      selected.push(...(page.items as ClusterObject[]).filter(isSelected));
      after = page.continue;
    } while (after !== undefined);
  }
  return selected;
}

const projectsOf = (clusters: readonly string[] | undefined): string[] | undefined =>
  clusters && [...new Set(clusters.map((cluster) => cluster.slice(0, cluster.indexOf('/'))))];

async function policiesOf({ store }: Deps): Promise<Map<string, MaintenancePolicySpec>> {
  const { items } = await store.list({ kind: 'MaintenancePolicy' });
  return new Map(items.map(({ metadata, spec }) => [metadata.name, spec as MaintenancePolicySpec]));
}

/** What is wrong with a cluster by one check, in words; expressions were checked when the rollout was stored. */
const checkCluster: CheckEvaluator = (text, cluster) => {
  const compiled = compileExpression(text, 'bool');
  if (!compiled.ok) return compiled.message;
  try {
    return withinTime(CHECK_MS, () => compiled.expression.evaluate({ ...cluster })) === true ? undefined : 'does not hold';
  } catch (error) {
    return messageOf(error);
  }
};

export function nextStepOf(scope: RolloutScope): NextStep {
  const { rollout, policies, members, now } = scope;
  const { maintenancePolicy } = rollout.spec;
  const policy = maintenancePolicy === undefined ? undefined : policies.get(maintenancePolicy);
  return nextStep({ spec: rollout.spec, status: rollout.status, members, window: policy && windowState(policy, now) });
}

/** Looks at the members anew after some of them were written. */
export function seeAgain(scope: RolloutScope, written: readonly ClusterObject[]): void {
  if (written.length === 0) return;
  const newest = new Map(written.map((cluster) => [cluster.metadata.uid, cluster]));
  const { rollout, policies, now } = scope;
  const clusters = scope.members.map(({ cluster }) => newest.get(cluster.metadata.uid) ?? cluster);
  scope.members = rolloutMembers({ rollout, clusters, check: checkCluster, policies, now });
}
