import type { ApiObject, RolloutPhase, RolloutSpec, RolloutStatus } from '@slipway/model';

export type Rollout = ApiObject<RolloutSpec, RolloutStatus>;

/** Something somebody may do with a rollout now, as the change of its spec that does it, or why not. */
export interface RolloutAction {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly because: string | undefined;
  readonly dangerous?: boolean;
  readonly change: (now: Date) => Partial<RolloutSpec>;
}

const OVER: ReadonlySet<RolloutPhase> = new Set(['Completed', 'RolledBack', 'Aborted']);
const isOver = ({ status }: Rollout): boolean => OVER.has(status?.phase ?? 'Pending');

/** The same as the command line's `rollout pause`, `resume`, `abort`, `back`. */
export function actionsOf(rollout: Rollout): RolloutAction[] {
  const { spec, status } = rollout;
  const over = isOver(rollout) ? `It is over: ${status?.phase ?? ''}.` : undefined;
  const stands = spec.paused || status?.phase === 'Halted';
  const moved = (status?.counts.done ?? 0) + (status?.counts.moving ?? 0) + (status?.counts.failed ?? 0) > 0;
  return [
    {
      name: 'pause',
      title: 'Pause rollout',
      about: 'Moves no further cluster; what has begun goes on.',
      because: over ?? (spec.paused ? 'It is paused.' : undefined),
      change: () => ({ paused: true }),
    },
    {
      name: 'resume',
      title: 'Resume rollout',
      about: 'Goes on; what has failed is tried again.',
      because: over ?? (stands ? undefined : 'It neither is paused nor has halted.'),
      change: (now) => ({ paused: false, resumedAt: now.toISOString() }),
    },
    {
      name: 'back',
      title: 'Roll back',
      about: 'Takes the clusters that it moved back to where they came from.',
      because: spec.rollback ? 'It is being taken back.' : moved ? undefined : 'It has moved no cluster.',
      dangerous: true,
      change: () => ({ rollback: true }),
    },
    {
      name: 'abort',
      title: 'Abort rollout',
      about: 'Ends it for good; clusters stay where they are.',
      because: over,
      dangerous: true,
      change: () => ({ aborted: true }),
    },
  ];
}

/** Waves that wait for somebody to let them begin. */
export const heldWaves = ({ spec, status }: Rollout): string[] =>
  spec.waves
    .filter(
      ({ name, automatic }) =>
        !automatic && !spec.release.includes(name) && (status?.waves.find((wave) => wave.name === name)?.done ?? 0) === 0,
    )
    .map(({ name }) => name);
