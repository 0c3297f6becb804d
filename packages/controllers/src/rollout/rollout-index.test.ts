import { expect, it } from 'vitest';
import { createRolloutIndex } from './rollout-index.ts';

const rollout = (name: string, phase: string) => ({ metadata: { name, uid: `uid-${name}` }, status: { phase } }) as never;
const cluster = (mover?: string) =>
  ({
    metadata: {
      name: 'c',
      namespace: 'p',
      ...(mover === undefined
        ? {}
        : {
            annotations: {
              'slipway.dev/rollout': JSON.stringify({
                uid: mover,
                name: 'x',
                of: { scope: 'tenant', name: 's' },
                wave: '',
                from: '1',
                to: '2',
                at: '2026-01-01T00:00:00Z',
              }),
            },
          }),
    },
  }) as never;

it('a cluster wakes the rollouts of its tenant that are under way, and the one that moved it', () => {
  const index = createRolloutIndex();
  index.put('a', rollout('running', 'Progressing'));
  index.put('a', rollout('over', 'Completed'));
  index.put('b', rollout('other', 'Progressing'));
  expect(index.concernedBy('a', cluster())).toEqual(['a/running']);
  expect(index.concernedBy('a', cluster('uid-over'))).toEqual(['a/running', 'a/over']);
  expect(index.concernedBy('c', cluster())).toEqual([]);
  index.put('a', rollout('running', 'Aborted'));
  expect(index.concernedBy('a', cluster())).toEqual([]);
  index.put('a', rollout('running', 'Paused'));
  index.drop('a/running');
  expect(index.concernedBy('a', cluster())).toEqual([]);
});
