import type { ClusterSpec, ClusterStatus } from '../cluster/cluster.ts';
import { sameProfile } from '../cluster-profile/profile-text.ts';
import { findCondition } from '../meta/conditions.ts';
import type { ApiObject } from '../meta/object.ts';
import { decidedSince, markOf, type RolloutMark } from './mark.ts';
import type { ClusterState, RolloutSpec } from './rollout.ts';
import { versionOf } from './target.ts';

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

/** Answers a check's expression for a cluster: undefined when it holds, else why not. */
export type CheckEvaluator = (expression: string, cluster: ClusterObject) => string | undefined;

export interface ProgressInput {
  readonly rollout: {
    readonly metadata: { readonly uid: string; readonly creationTimestamp: string };
    readonly spec: Pick<RolloutSpec, 'target' | 'gates' | 'resumedAt' | 'install'>;
  };
  readonly cluster: ClusterObject;
  readonly check: CheckEvaluator;
  /** RFC 3339. */
  readonly now: string;
}

/** How far one cluster is. */
export interface Progress {
  readonly state: ClusterState;
  readonly message: string;
  /** Since when; RFC 3339. */
  readonly since?: string;
  /** What this rollout has recorded at the cluster. */
  readonly mark?: RolloutMark;
  /** What has come out and must be recorded, so that what happens to the cluster later does not change the verdict. */
  readonly verdict?: Partial<Pick<RolloutMark, 'done' | 'failed'>>;
  /** When it may look different without anything happening; milliseconds from now. */
  readonly lookAgainMs?: number;
}

const MINUTE_MS = 60_000;

/** Reads off a cluster how far a rollout is with it. Pure; what has been decided before stands in the cluster's mark. */
export function progressOf(input: ProgressInput): Progress {
  const { cluster, rollout } = input;
  const found = markOf(cluster);
  if (cluster.metadata.deletionTimestamp) return { state: 'Skipped', message: 'is being deleted' };
  if (found?.uid !== rollout.metadata.uid) return unmoved(input, found);
  const version = versionOf(cluster.spec, rollout.spec.target);
  const kept = { mark: found, since: found.at };
  if (found.back !== undefined) return returning(input, found, found.back);
  if (found.refused !== undefined) return refused(input, found, found.refused);
  if (version !== found.to) return { ...kept, state: 'Skipped', message: `was taken to ${version ?? 'another profile'} by somebody else` };
  if (found.done !== undefined) return { ...kept, state: 'Done', message: '', since: found.done };
  if (found.failed && !forgotten(found.failed.at, rollout.spec.resumedAt))
    return { ...kept, state: 'Failed', message: found.failed.message, since: found.failed.at };
  return onItsWay(input, found);
}

const forgotten = (at: string, resumedAt: string | undefined): boolean => resumedAt !== undefined && Date.parse(at) < Date.parse(resumedAt);

/** What was refused is tried again when somebody resumes the rollout; what waited for decisions, when the cluster was changed. */
function refused(input: ProgressInput, mark: RolloutMark, message: string): Progress {
  if (forgotten(mark.at, input.rollout.spec.resumedAt) || decidedSince(mark, input.cluster)) return unmoved(input, undefined);
  if (mark.conflicts === undefined) return { mark, since: mark.at, state: 'Refused', message };
  return { mark, since: mark.at, state: 'Blocked', message: `decide about ${mark.conflicts.join(', ')}` };
}

/** `other`: the mark of another rollout. */
function unmoved({ cluster, rollout }: ProgressInput, other: RolloutMark | undefined): Progress {
  const { target, install } = rollout.spec;
  const version = versionOf(cluster.spec, target);
  if (version === target.version) return { state: 'Done', message: 'was there already' };
  if (version === undefined && !install) return { state: 'Skipped', message: 'does not use the profile any more' };
  // Two rollouts over the same clusters would take them to and fro: whoever came later has them.
  if (other && sameProfile(other.of, target) && Date.parse(other.at) >= Date.parse(rollout.metadata.creationTimestamp))
    return { state: 'Skipped', message: `was taken up by the rollout ${other.name}` };
  return cluster.spec.paused ? { state: 'Skipped', message: 'is paused' } : { state: 'Waiting', message: '' };
}

function onItsWay(input: ProgressInput, mark: RolloutMark): Progress {
  const { rollout, now, cluster } = input;
  const { gates, resumedAt } = rollout.spec;
  const at = Date.parse(now);
  const begun = Math.max(Date.parse(mark.at), resumedAt === undefined ? 0 : Date.parse(resumedAt));
  const kept = { mark, since: mark.at };
  const gate = passed(input, mark);
  if (gate.passed) return { ...kept, state: 'Done', message: '', verdict: { done: now } };
  const failedLayer = longFailed(cluster, begun, at - gates.failedMinutes * MINUTE_MS);
  const deadline = begun + gates.timeoutMinutes * MINUTE_MS;
  const failure =
    failedLayer ?? (at >= deadline && !awaitsApproval(cluster) ? `not done after ${gates.timeoutMinutes} minutes: ${gate.why}` : undefined);
  if (failure !== undefined) return { ...kept, state: 'Failed', message: failure, verdict: { failed: { at: now, message: failure } } };
  const lookAgainMs = Math.max(1000, Math.min(gate.lookAgainMs ?? Infinity, deadline - at, gates.failedMinutes * MINUTE_MS || Infinity));
  return { ...kept, state: gate.settling ? 'Settling' : 'Moving', message: gate.why, lookAgainMs };
}

interface Gate {
  readonly passed: boolean;
  readonly settling: boolean;
  readonly why: string;
  readonly lookAgainMs?: number;
}

/** Ready with everything the move asked for, long enough, and every check holds. */
function passed({ rollout, cluster, now, check }: ProgressInput, mark: RolloutMark): Gate {
  const { gates } = rollout.spec;
  const ready = findCondition(cluster.status?.conditions, 'Ready');
  const seen = (cluster.status?.observedGeneration ?? 0) >= cluster.metadata.generation;
  if (!seen || ready?.status !== 'True')
    return { passed: false, settling: false, why: seen ? ready?.message || 'is not Ready' : 'the change is being handed over' };
  const since = Math.max(Date.parse(ready.lastTransitionTime), Date.parse(mark.at));
  const left = since + gates.readyMinutes * MINUTE_MS - Date.parse(now);
  if (left > 0) return { passed: false, settling: true, why: `Ready; has to stay so for ${gates.readyMinutes} minutes`, lookAgainMs: left };
  const wrong = gates.checks.flatMap(({ name, expression }) => {
    const why = check(expression, cluster);
    return why === undefined ? [] : [`check ${name}: ${why}`];
  });
  return wrong.length === 0 ? { passed: true, settling: true, why: '' } : { passed: false, settling: true, why: wrong.join('; ') };
}

/** A layer that has been Failed since before `limit` although the agent has the newest plan, in words. */
function longFailed({ status }: ClusterObject, begun: number, limit: number): string | undefined {
  if (!status || (status.agent?.planRevision ?? 0) < (status.plan?.revision ?? 0)) return undefined;
  const failed = status.layers.find(({ state, since }) => state === 'Failed' && Math.max(Date.parse(since), begun) <= limit);
  return failed && `layer ${failed.name} failed: ${failed.message || failed.reason}`;
}

const awaitsApproval = ({ status }: ClusterObject): boolean => findCondition(status?.conditions, 'Approved')?.status === 'False';

function returning({ cluster }: ProgressInput, mark: RolloutMark, back: string): Progress {
  const ready = findCondition(cluster.status?.conditions, 'Ready');
  const seen = (cluster.status?.observedGeneration ?? 0) >= cluster.metadata.generation;
  const there = seen && ready?.status === 'True';
  return { mark, since: back, state: there ? 'Returned' : 'Returning', message: there ? `back at ${mark.from}` : (ready?.message ?? '') };
}
