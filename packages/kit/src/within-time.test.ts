import { expect, test } from 'vitest';
import { SlipwayError } from './errors.ts';
import { withinTime } from './within-time.ts';

test('gives what the work gives, and throws what it throws', () => {
  expect(withinTime(1000, () => [1, 2])).toEqual([1, 2]);
  expect(() =>
    withinTime(1000, () => {
      throw new SlipwayError('Invalid', 'no');
    }),
  ).toThrow(SlipwayError);
});

test('breaks off what loops and what backtracks, and goes on working afterwards', () => {
  const long: (() => unknown)[] = [
    () => {
      for (;;);
    },
    () => /^(a+)+$/.test(`${'a'.repeat(60)}!`),
  ];
  for (const work of long) {
    const before = performance.now();
    expect(() => withinTime(50, work)).toThrow('It took longer than 50 ms');
    expect(performance.now() - before).toBeLessThan(5000);
  }
  expect(withinTime(1000, () => withinTime(1000, () => 1) + withinTime(1000, () => 2))).toBe(3);
});
