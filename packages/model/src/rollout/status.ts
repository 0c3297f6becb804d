import { compact } from '../meta/compact.ts';
import { withConditions } from '../meta/conditions.ts';
import type { ApiObject } from '../meta/object.ts';
import { isFinished, type NextStep, type Member } from './next-step.ts';
import type { ClusterState, RolloutPhase, RolloutSpec, RolloutStatus } from './rollout.ts';

/** Clusters that a status names. */
const SHOWN = 100;

export interface StatusInput {
  readonly rollout: ApiObject<RolloutSpec, RolloutStatus>;
  readonly members: readonly Member[];
  readonly step: NextStep;
  /** What waits for an approval; the phase says so when nothing else can be done. */
  readonly approval?: RolloutStatus['approval'];
  /** RFC 3339. */
  readonly now: string;
}

type Counts = RolloutStatus['counts'];

function countsOf(members: readonly Member[]): Counts {
  const count = (...states: readonly ClusterState[]): number => members.filter(({ progress }) => states.includes(progress.state)).length;
  return {
    total: members.length,
    waiting: count('Waiting'),
    moving: count('Moving', 'Settling', 'Returning'),
    done: count('Done'),
    failed: count('Failed', 'Refused', 'Blocked'),
  };
}

const WORTH_NAMING: readonly ClusterState[] = ['Failed', 'Refused', 'Blocked', 'Returning', 'Moving', 'Settling', 'Skipped'];

function named({ members, rollout }: StatusInput): RolloutStatus['clusters'] {
  return WORTH_NAMING.flatMap((state) => members.filter(({ progress }) => progress.state === state))
    .slice(0, SHOWN)
    .map(({ cluster, wave, progress }) =>
      compact({
        project: cluster.metadata.namespace ?? '',
        name: cluster.metadata.name,
        wave: rollout.spec.waves[wave]?.name ?? '',
        state: progress.state,
        from: progress.mark?.from,
        since: progress.since,
        message: progress.message,
        conflicts: progress.state === 'Blocked' ? progress.mark?.conflicts : undefined,
      }),
    );
}

const HELD = new Set<RolloutPhase>(['Halted', 'WaitingForApproval', 'WaitingForRelease', 'Aborted', 'RolledBack', 'RollingBack']);

/** What a rollout's status says. Pure: the same clusters and step give the same status. */
export function rolloutStatus(input: StatusInput): RolloutStatus {
  const { rollout, members, step, now } = input;
  const { status, spec } = rollout;
  const counts = countsOf(members);
  const pending = input.approval !== undefined && !spec.approvals.includes(input.approval.id);
  const waits = pending && step.phase === 'Progressing' && counts.moving === 0;
  const phase: RolloutPhase = waits ? 'WaitingForApproval' : step.phase;
  const message = waits
    ? `Waits for an approval of ${input.approval?.disruptions.join(', ')}: add "${input.approval?.id}" to spec.approvals.`
    : step.message;
  const proceeding = HELD.has(phase) ? 'False' : 'True';
  return compact({
    phase,
    message,
    wave: step.wave,
    waves: spec.waves.map((wave, index) => ({ name: wave.name, ...countsOf(members.filter((member) => member.wave === index)) })),
    counts,
    clusters: named(input),
    approval: input.approval,
    conditions: withConditions(
      status?.conditions ?? [],
      [
        { type: 'Proceeding', status: proceeding, reason: phase, message },
        { type: 'Complete', status: phase === 'Completed' ? 'True' : 'False', reason: phase, message: '' },
      ],
      { now },
    ),
    observedGeneration: rollout.metadata.generation,
    startedAt: status?.startedAt ?? (members.some(({ progress }) => progress.mark) ? now : undefined),
    finishedAt: isFinished(phase) ? (status?.finishedAt ?? now) : undefined,
  });
}
