import { createFakeClock } from '@slipway/testkit';
import { expect, it } from 'vitest';
import { createRefusalBudget } from './refusals.ts';

it('records the first twenty, then one a second with the number of those in between; each caller for itself, and few are remembered', async () => {
  const clock = createFakeClock();
  const budget = createRefusalBudget(clock);
  const taken = (caller: string, times: number) => Array.from({ length: times }, () => budget.take(caller));
  const first = taken('a', 60);
  expect(first.filter((count) => count === 0)).toHaveLength(20);
  expect(first.slice(20)).toEqual(Array.from({ length: 40 }, () => undefined));
  expect(budget.take('b')).toBe(0);
  await clock.advance(1000);
  expect(taken('a', 3)).toEqual([40, undefined, undefined]);
  await clock.advance(3_600_000);
  const later = taken('a', 30);
  expect([later[0], later[1], later.filter((count) => count !== undefined).length]).toEqual([2, 0, 20]);
  // Twenty thousand others push "a" out: it begins anew, and the memory stays bounded.
  for (let n = 0; n < 20_000; n++) budget.take(`other-${n}`);
  expect(budget.take('a')).toBe(0);
});
