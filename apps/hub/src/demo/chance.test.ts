import { expect, it } from 'vitest';
import { createChance } from './chance.ts';

const drawn = (seed: number): unknown[] => {
  const chance = createChance(seed);
  return Array.from({ length: 50 }, () => [
    chance.next(),
    chance.between(3, 9),
    chance.pick('abc'.split('')),
    chance.uid(),
    chance.suffix(5),
  ]);
};

it('the same seed says the same, another one something else', () => {
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

it('stays in its bounds and is as often as it is told', () => {
  const chance = createChance(1);
  const numbers = Array.from({ length: 5000 }, () => chance.between(3, 9));
  expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([3, 9]);
  const rare = Array.from({ length: 10_000 }, () =>
    chance.weighted([
      ['often', 99],
      ['rare', 1],
    ]),
  ).filter((one) => one === 'rare').length;
  expect(rare).toBeGreaterThan(50);
  expect(rare).toBeLessThan(200);
});
