import type { ClusterSpec, ClusterStatus } from '../cluster/cluster.ts';
import type { WindowState } from '../maintenance-policy/windows.ts';
import type { ApiObject } from '../meta/object.ts';
import type { Progress } from './progress.ts';
import type { ClusterState, RolloutPhase, RolloutSpec, RolloutStatus } from './rollout.ts';

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

export interface Member {
  readonly cluster: ClusterObject;
  /** Index of its wave. */
  readonly wave: number;
  readonly progress: Progress;
  /** Of the cluster's own maintenance policy; undefined when it has none. */
  readonly window?: WindowState | undefined;
}

export interface NextStepInput {
  readonly spec: RolloutSpec;
  readonly status: RolloutStatus | undefined;
  readonly members: readonly Member[];
  /** Of the rollout's maintenance policy; undefined when it has none. */
  readonly window: WindowState | undefined;
}

export interface NextStep {
  readonly phase: RolloutPhase;
  readonly message: string;
  readonly wave: string | undefined;
  /** Clusters that may be moved now, in this order, at most so many as there is room for. */
  readonly move: readonly Member[];
  /** Clusters that go back to where they came from. */
  readonly back: readonly Member[];
}

/** Of a member that this rollout will not touch any more. */
const FINAL = new Set<ClusterState>(['Done', 'Failed', 'Refused', 'Blocked', 'Skipped', 'Returned']);
const ON_ITS_WAY = new Set<ClusterState>(['Moving', 'Settling', 'Returning']);

export const isFinished = (phase: RolloutPhase | undefined): boolean =>
  phase === 'Completed' || phase === 'RolledBack' || phase === 'Aborted';

/** What a rollout does next. Pure: the same clusters give the same decision, whatever has been decided before. */
export function nextStep(input: NextStepInput): NextStep {
  const { spec, status, members } = input;
  const failed = members.filter(({ progress }) => progress.state === 'Failed');
  const halted = failed.length > spec.maxFailures;
  // Once one went back all do: it no longer counts as failed then, and stopping half-way would leave the fleet in two halves.
  const begun = members.some(({ progress }) => progress.mark?.back !== undefined || progress.mark?.stays !== undefined);
  const back = spec.rollback || begun || (halted && spec.onFailure === 'rollback');
  const idle = { move: [], back: [], wave: undefined };
  if (isFinished(status?.phase) && !(status?.phase === 'Aborted' && spec.rollback))
    return { ...idle, phase: status?.phase ?? 'Completed', message: status?.message ?? '' };
  if (back) return rollBack(input, failed);
  if (spec.aborted) return { ...idle, phase: 'Aborted', message: 'Aborted: clusters stay where they are.' };
  if (halted) return { ...idle, phase: 'Halted', message: haltedBecause(failed) };
  return forward(input);
}

function haltedBecause(failed: readonly Member[]): string {
  const [first] = failed;
  const more = failed.length > 1 ? ` and ${failed.length - 1} more` : '';
  return `${first ? `${nameOf(first)}${more} failed: ${first.progress.message}` : 'A cluster failed.'} Mend it and resume, roll back, or abort.`;
}

const nameOf = ({ cluster }: Member): string => `${cluster.metadata.namespace}/${cluster.metadata.name}`;

function forward(input: NextStepInput): NextStep {
  const { spec, members, window } = input;
  const at = spec.waves.findIndex((_, index) => members.some(({ wave, progress }) => wave === index && !FINAL.has(progress.state)));
  const wave = spec.waves[at];
  if (!wave) return { phase: 'Completed', message: summary(members), wave: undefined, move: [], back: [] };
  const idle = { wave: wave.name, move: [], back: [] };
  const own = members.filter((member) => member.wave === at);
  const moving = members.filter(({ progress }) => ON_ITS_WAY.has(progress.state));
  const waiting = own.filter(({ progress }) => progress.state === 'Waiting');
  const begun = own.some(({ progress }) => progress.mark !== undefined);
  if (spec.paused) return { ...idle, phase: 'Paused', message: `Paused; ${moving.length} clusters are on their way.` };
  if (waiting.length === 0) return { ...idle, phase: 'Progressing', message: `Wave ${wave.name}: ${onTheirWay(moving)}` };
  if (!wave.automatic && !begun && !spec.release.includes(wave.name))
    return { ...idle, phase: 'WaitingForRelease', message: `Wave ${wave.name} is not automatic: it waits for its release.` };
  if (window && !window.open) return { ...idle, phase: 'WaitingForWindow', message: windowWords(window.next) };
  const open = waiting.filter((member) => member.window?.open !== false);
  if (open.length === 0 && moving.length === 0) return { ...idle, phase: 'WaitingForWindow', message: windowWords(earliest(waiting)) };
  const move = open.slice(0, Math.max(0, spec.maxConcurrent - moving.length));
  return { ...idle, phase: 'Progressing', move, message: `Wave ${wave.name}: ${onTheirWay(moving)}, ${waiting.length} waiting.` };
}

const onTheirWay = (moving: readonly Member[]): string => {
  const shown = moving.slice(0, 3).map((member) => `${nameOf(member)}${member.progress.message ? ` (${member.progress.message})` : ''}`);
  return moving.length === 0
    ? 'none on their way'
    : `${shown.join(', ')}${moving.length > 3 ? ` and ${moving.length - 3} more` : ''} on the way`;
};

const windowWords = (next: string | undefined): string =>
  next === undefined ? 'No maintenance window opens any more.' : `Waits for the next maintenance window at ${next}.`;

const earliest = (members: readonly Member[]): string | undefined =>
  members.flatMap(({ window }) => (window && !window.open && window.next !== undefined ? [window.next] : [])).toSorted()[0];

const PLURAL: Readonly<Partial<Record<ClusterState, string>>> = {
  Refused: 'refused',
  Blocked: 'blocked by conflicts of overrides',
  Skipped: 'skipped',
  Failed: 'failed',
};

function summary(members: readonly Member[]): string {
  const others = Object.entries(PLURAL).flatMap(([state, word]) => {
    const count = members.filter(({ progress }) => progress.state === state).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const done = members.filter(({ progress }) => progress.state === 'Done').length;
  return `${done} of ${members.length} clusters are there${others.length > 0 ? `; ${others.join(', ')}` : ''}.`;
}

/** What failed goes back at once; what runs well on the new version waits for a window, as any disturbance does. */
function rollBack({ spec, members, window }: NextStepInput, failed: readonly Member[]): NextStep {
  const moved = members.filter(({ progress }) => progress.mark && progress.mark.back === undefined && progress.mark.stays === undefined);
  const candidates = moved.filter(({ progress }) => progress.state !== 'Skipped');
  const returning = members.filter(({ progress }) => progress.state === 'Returning');
  const stuck = members.filter(({ progress }) => progress.mark?.stays !== undefined);
  if (candidates.length === 0 && returning.length === 0) {
    const stay = stuck.length > 0 ? ` ${stuck.length} could not: ${stuck[0]?.progress.mark?.stays}` : '';
    const returned = members.filter(({ progress }) => progress.state === 'Returned').length;
    return { phase: 'RolledBack', message: `${returned} clusters are back.${stay}`, wave: undefined, move: [], back: [] };
  }
  const free = candidates.filter((member) => failed.includes(member) || (isOpen(window) && isOpen(member.window)));
  const back = free.slice(0, Math.max(0, spec.maxConcurrent - returning.length));
  const message = `${candidates.length} clusters still have to go back, ${returning.length} are on their way.`;
  return { phase: 'RollingBack', message, wave: undefined, move: [], back };
}

const isOpen = (window: WindowState | undefined): boolean => window?.open !== false;
