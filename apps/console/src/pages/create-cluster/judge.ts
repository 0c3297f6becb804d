import { messageOf, SlipwayError } from '@slipway/kit/errors';
import type { ChangePlan, NewObject } from '@slipway/model';
import { KINDS } from '../../hub/kinds.ts';
import { askPlan } from '../../hub/plans.ts';
import { client } from '../../hub/session.ts';
import { type Draft, type DraftProblem, NAMELESS, objectsOf, ownProblems } from './draft.ts';

/** What the hub says of a draft. */
export interface Judgement {
  readonly problems: readonly DraftProblem[];
  readonly warnings: readonly string[];
  /** What would be done; absent while something is wrong. */
  readonly plan?: ChangePlan | undefined;
  /** That could not be asked at all. */
  readonly failure?: SlipwayError | undefined;
}

/**
 * Asks the hub, which alone decides: a dry run of the cluster (its place, its profile, its variables, packs and their constraints, quotas), then the plan of it with its pools.
 * Nothing is stored.
 */
export async function judge(draft: Draft, signal: AbortSignal): Promise<Judgement> {
  const own = ownProblems(draft);
  const warnings: string[] = [];
  if (own.some(({ field }) => field === 'spec.profile')) return { problems: own, warnings };
  const { cluster, pools } = objectsOf(draft);
  try {
    const onWarning = (warning: string) => void warnings.push(warning);
    await client.create(KINDS.clusters, cluster, { dryRun: true, fieldValidation: 'Strict', signal, onWarning });
  } catch (error) {
    return told([...own, ...problemsOf(error)], warnings, error);
  }
  const planned = await planWith(cluster, pools, signal);
  return 'plan' in planned
    ? { problems: own, warnings, plan: own.length === 0 ? planned.plan : undefined }
    : told([...own, ...planned.problems], warnings, planned.error);
}

const told = (problems: DraftProblem[], warnings: string[], error: unknown): Judgement =>
  problems.length > 0 ? { problems, warnings } : { problems, warnings, failure: failureOf(error) };

const failureOf = (error: unknown): SlipwayError =>
  error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));

type Planned = { readonly plan: ChangePlan } | { readonly problems: DraftProblem[]; readonly error: unknown };

async function planWith(cluster: NewObject, pools: readonly NewObject[], signal: AbortSignal): Promise<Planned> {
  const of = { project: cluster.metadata.namespace, name: cluster.metadata.name ?? NAMELESS };
  const ask = (objects: readonly NewObject[]) => askPlan(of, objects, signal);
  try {
    return { plan: await ask([cluster, ...pools]) };
  } catch (error) {
    // The refusal names fields and no object: which pool it is about is found by asking about each alone.
    const found = await Promise.all(
      pools.map((pool, index) =>
        ask([cluster, pool]).then(
          () => [],
          (refusal: unknown) => problemsOf(refusal).map((problem) => ({ ...problem, pool: index })),
        ),
      ),
    );
    const problems = found.flat();
    return { problems: problems.some(({ field }) => field !== 'quota') ? problems : problemsOf(error), error };
  }
}

function problemsOf(error: unknown): DraftProblem[] {
  if (!(error instanceof SlipwayError)) return [];
  if (error.code === 'AlreadyExists')
    return [{ field: 'metadata.name', message: 'There is a cluster of this name in the project already.' }];
  // What does not fit a quota is about numbers and sizes, whichever object was the last straw.
  const quota = /(?:exceeded|failed) quota: .*/.exec(error.message);
  if (quota !== null) return [{ field: 'quota', message: quota[0] }];
  return error.causes.map(({ field, message }) => ({ field, message }));
}
