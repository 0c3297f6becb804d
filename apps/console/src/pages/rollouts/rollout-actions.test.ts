import { rolloutSpecSchema, rolloutStatusSchema } from '@slipway/model';
import { expect, it } from 'vitest';
import { actionsOf, heldWaves, type Rollout } from './rollout-actions.ts';

const rollout = (spec: object, status: object = {}): Rollout =>
  ({
    metadata: { name: 'winter' },
    spec: rolloutSpecSchema.parse({ target: { name: 'starter', version: '1.1.0' }, ...spec }),
    status: rolloutStatusSchema.parse(status),
  }) as Rollout;
const may = (of: Rollout): string[] =>
  actionsOf(of)
    .filter(({ because }) => because === undefined)
    .map(({ name }) => name);

it('offers what makes sense in each state, and a reason for the rest', () => {
  expect(may(rollout({}, { phase: 'Progressing' }))).toEqual(['pause', 'abort']);
  expect(may(rollout({}, { phase: 'Progressing', counts: { total: 3, waiting: 1, moving: 1, done: 1, failed: 0 } }))).toEqual([
    'pause',
    'back',
    'abort',
  ]);
  expect(may(rollout({ paused: true }, { phase: 'Paused' }))).toEqual(['resume', 'abort']);
  expect(may(rollout({}, { phase: 'Halted', counts: { total: 1, waiting: 0, moving: 0, done: 0, failed: 1 } }))).toEqual([
    'pause',
    'resume',
    'back',
    'abort',
  ]);
  expect(may(rollout({}, { phase: 'Completed' }))).toEqual([]);
  const now = new Date('2026-11-28T05:00:00Z');
  expect(
    actionsOf(rollout({}))
      .find(({ name }) => name === 'resume')
      ?.change(now),
  ).toEqual({ paused: false, resumedAt: '2026-11-28T05:00:00.000Z' });
});

it('names the waves that wait to be let go', () => {
  const waves = [
    { name: 'canary', count: 1 },
    { name: 'rest', percent: 100, automatic: false },
  ];
  expect(heldWaves(rollout({ waves }))).toEqual(['rest']);
  expect(heldWaves(rollout({ waves, release: ['rest'] }))).toEqual([]);
});
