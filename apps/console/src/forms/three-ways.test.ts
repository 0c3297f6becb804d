import { expect, it } from 'vitest';
import { mineOnTheirs, onNewVersion, threeWays } from './three-ways.ts';

const BASE = 'metadata:\n  name: a\n  resourceVersion: "1"\nspec:\n  size: 1\n  name: x\n  list: [1, 2]\n';
const THEIRS = '# theirs\nmetadata:\n  name: a\n  resourceVersion: "2"\nspec:\n  size: 2\n  name: x\n  list: [1, 2]\n  more: yes # new\n';

it('puts my changes on theirs when they touch different fields, and keeps their text', () => {
  const mine = BASE.replace('name: x', 'name: y').replace('[1, 2]', '[1]');
  const ways = threeWays(BASE, THEIRS, mine);
  expect(ways.conflicts).toEqual([]);
  expect(mineOnTheirs(THEIRS, ways)).toBe(THEIRS.replace('name: x', 'name: y').replace('[1, 2]', '[1]'));
});

it('names the fields that both changed, unless to the same', () => {
  expect(threeWays(BASE, THEIRS, BASE.replace('size: 1', 'size: 3')).conflicts).toEqual([{ path: 'spec.size', from: 1, to: 3 }]);
  expect(threeWays(BASE, THEIRS, BASE.replace('size: 1', 'size: 2')).conflicts).toEqual([]);
  const gone = BASE.replace(/spec:[^]*/, 'spec: {}\n');
  expect(threeWays(BASE, THEIRS, gone).conflicts.map(({ path }) => path)).toEqual(['spec.size']);
});

it('goes on by itself, with every word of mine, when only the hub wrote meanwhile', () => {
  const mine = BASE.replace('size: 1', 'size: 3 # mine');
  expect(onNewVersion(BASE, BASE.replace('"1"', '"2"'), mine)).toBe(mine.replace('"1"', '"2"'));
  expect(onNewVersion(BASE, THEIRS, mine)).toBeUndefined();
});
