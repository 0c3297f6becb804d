import { expect, it } from 'vitest';
import { affordableConnections } from './connections.ts';

const limits = (hard: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes 1 2 processes\nMax open files            1024                 ${hard}                files\n`;

it.each([
  ['20000', 9900],
  ['1048576', 10_000],
  ['unlimited', 10_000],
  ['256', 50],
])('with at most %s open files: %i of ten thousand', (hard, expected) => {
  expect(affordableConnections(10_000, limits(hard))).toBe(expected);
});
