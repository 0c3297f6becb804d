import { SlipwayError } from '@slipway/kit';
import {
  admissionReads,
  type ApiObject,
  approvalId,
  type ChangePlan,
  clusterKind,
  conflictCauses,
  conflictName,
  conflictsIn,
  disruptionsOf,
  type Member,
  movedOverrides,
  type PackReads,
  type RolloutMark,
  versionOf,
  withMark,
  withVersion,
} from '@slipway/model';
import type { Deps } from '../deps.ts';
import { planFor } from '../plan-for.ts';
import type { ClusterObject } from '../reads.ts';
import type { RolloutScope } from './scope.ts';
import { wantedOf } from './wanted.ts';

/** Stores a cluster as it was read, changed. Undefined when somebody else wrote it in between: the next run sees that. */
export async function store(deps: Deps, cluster: ClusterObject): Promise<ClusterObject | undefined> {
  try {
    return (await deps.store.update(cluster as ApiObject)) as ClusterObject;
  } catch (error) {
    if (error instanceof SlipwayError && (error.code === 'Conflict' || error.code === 'NotFound')) return undefined;
    throw error;
  }
}

/** What came out at a cluster is written down there, so that it stays so. */
export async function recordVerdicts(scope: RolloutScope): Promise<ClusterObject[]> {
  const written: ClusterObject[] = [];
  for (const { cluster, progress } of scope.members) {
    if (!progress.mark || !progress.verdict) continue;
    const { failed: _before, ...mark } = progress.mark;
    const stored = await store(scope.deps, withMark(cluster, { ...mark, ...progress.verdict }));
    if (stored) written.push(stored);
  }
  return written;
}

export type Moved =
  | { readonly type: 'moved' | 'refused'; readonly cluster: ClusterObject | undefined }
  | { readonly type: 'unapproved'; readonly disruptions: readonly string[] };

/** Takes one cluster to the target, in one write that records where it came from; or writes down why it cannot. */
export async function moveCluster(scope: RolloutScope, { cluster, wave }: Member): Promise<Moved> {
  const { rollout, deps, now } = scope;
  const { target, waves } = rollout.spec;
  const mark: RolloutMark = {
    uid: rollout.metadata.uid,
    name: rollout.metadata.name,
    of: { scope: target.scope, name: target.name },
    wave: waves[wave]?.name ?? '',
    from: versionOf(cluster.spec, target) ?? '',
    to: target.version,
    at: now,
  };
  const wanted = wantedOf(cluster, rollout);
  const answer = await judged(deps, cluster, wanted);
  if (!answer.ok) {
    const waits = answer.conflicts ? { conflicts: [...answer.conflicts], generation: cluster.metadata.generation } : {};
    return { type: 'refused', cluster: await store(deps, withMark(cluster, { ...mark, refused: answer.message, ...waits })) };
  }
  const disruptions = disruptionsOf(answer.plan);
  if (!isApproved(scope, disruptions)) return { type: 'unapproved', disruptions };
  return { type: 'moved', cluster: await store(deps, withMark(approved(wanted, answer.plan), mark)) };
}

/** Takes one cluster back to where it came from; or writes down why it has to stay. */
export async function returnCluster(scope: RolloutScope, { cluster, progress }: Member): Promise<ClusterObject | undefined> {
  const { rollout, deps, now } = scope;
  const { mark } = progress;
  if (!mark) return undefined;
  const wanted: ClusterObject = { ...cluster, spec: withVersion(cluster.spec, rollout.spec.target, mark.from) };
  const answer = await judged(deps, cluster, wanted);
  if (!answer.ok) return store(deps, withMark(cluster, { ...mark, stays: answer.message }));
  // Whoever asked for the way back has asked for what it does: the way there was approved, and this undoes it.
  return store(deps, withMark(approved(wanted, answer.plan), { ...mark, back: now }));
}

/** As it is stored: with the approval of its very own plan, and with overrides that know for which version they were made. */
function approved(cluster: ClusterObject, plan: ChangePlan): ClusterObject {
  const { approvals, overrides } = cluster.spec;
  return {
    ...cluster,
    spec: {
      ...cluster.spec,
      overrides: movedOverrides(overrides, plan.overrides ?? []),
      approvals: plan.approval ? [...new Set([...approvals, plan.approval.id])] : approvals,
    },
  };
}

function isApproved({ rollout, approval }: RolloutScope, disruptions: readonly string[]): boolean {
  if (disruptions.length === 0) return true;
  if (!approval || !rollout.spec.approvals.includes(approvalId(rollout.spec.target, approval.disruptions))) return false;
  return disruptions.every((disruption) => approval.disruptions.includes(disruption));
}

type Judgement =
  | { readonly ok: true; readonly plan: ChangePlan }
  | {
      readonly ok: false;
      readonly message: string;
      /** Paths of overrides that somebody has to decide about, when nothing else is in the way. */
      readonly conflicts?: readonly string[];
    };

/** What admission is told of packs; its answers are kept for as long as it is. */
export const packReadsOf = ({ packReads, tenant }: Pick<Deps, 'packReads' | 'tenant'>): PackReads | undefined => packReads?.(tenant);

/** What the API would say to this write, and what it would do: a controller's writes pass no admission of their own. */
export async function judged(deps: Deps, old: ClusterObject, wanted: ClusterObject, packs = packReadsOf(deps)): Promise<Judgement> {
  const { namespace = '', name } = wanted.metadata;
  const { tenant, store, fleet } = deps;
  const reads = admissionReads({ tenant, store, fleet, packs });
  try {
    // Conflicts of overrides can be decided: they are told apart from what is wrong for good.
    await clusterKind.admit?.({ object: wanted, old, tenant, reads, planned: true });
    const plan = await planFor(deps, { project: namespace, cluster: name, candidates: [{ object: wanted, old }] });
    const open = conflictsIn(plan.overrides ?? []);
    if (open.length === 0) return { ok: true, plan };
    const message = conflictCauses(plan.overrides ?? []).map(({ field, message: why }) => `${field}: ${why}`);
    return { ok: false, message: message.join('; '), conflicts: open.map(({ merge, conflict }) => conflictName(merge, conflict.path)) };
  } catch (error) {
    if (error instanceof SlipwayError && (error.code === 'Invalid' || error.code === 'Forbidden'))
      return { ok: false, message: error.message };
    throw error;
  }
}
