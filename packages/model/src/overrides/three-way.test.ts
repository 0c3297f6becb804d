import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual } from '../meta/diff.ts';
import { effectiveValues, mergeValues, type Values } from '../meta/merge-values.ts';
import { overrideOf, threeWay } from './three-way.ts';

const key = fc.constantFrom('a', 'b', 'c.d', '__proto__', 'constructor');
const values: fc.Arbitrary<Values> = fc.letrec<{ node: unknown; map: Values }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('x', 'y'),
    fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    tie('map'),
  ),
  map: fc.dictionary(key, tie('node'), { maxKeys: 3 }) as fc.Arbitrary<Values>,
})).map;

describe('an override over a new version of its profile', () => {
  it('wins where the profile did not change, follows where it did not want anything, and conflicts where both changed', () => {
    const base = { replicas: 2, image: { tag: '1', pull: 'Always' }, list: [1] };
    const theirs = { replicas: 2, image: { tag: '2', pull: 'Never' }, list: [1, 2], more: true };
    const answer = threeWay({ base, override: { replicas: 5, image: { tag: '9' }, list: [7] }, theirs });
    expect(answer.values).toEqual({ replicas: 5, image: { tag: '9', pull: 'Never' }, list: [7], more: true });
    expect(answer.conflicts).toEqual([
      { path: 'image.tag', base: '1', mine: '9', theirs: '2' },
      { path: 'list', base: [1], mine: [7], theirs: [1, 2] },
    ]);
  });

  it('is decided path by path: what is kept stays, what is taken leaves the override', () => {
    const input = { base: { a: 1, b: 1 }, override: { a: 9, b: 9 }, theirs: { a: 2, b: 2 } };
    const answer = threeWay({ ...input, decisions: { a: 'keep', b: 'take' } });
    expect(answer).toEqual({ values: { a: 9, b: 2 }, override: { a: 9 }, conflicts: [], orphans: [] });
  });

  it('names what the profile has no more', () => {
    expect(threeWay({ base: { a: { b: 1 } }, override: { a: { b: 2 } }, theirs: {} })).toMatchObject({ orphans: ['a.b'], conflicts: [] });
  });

  it('lets go of what the profile says now itself', () => {
    expect(threeWay({ base: { a: 1 }, override: { a: 2 }, theirs: { a: 2 } })).toMatchObject({
      override: {},
      conflicts: [],
      values: { a: 2 },
    });
  });

  it('merge(base, base, theirs) = theirs', () => {
    fc.assert(
      fc.property(values, values, (base, theirs) => {
        const answer = threeWay({ base, override: overrideOf(base, base), theirs });
        expect(deepEqual(answer.values, theirs)).toBe(true);
        expect(answer.conflicts).toEqual([]);
        expect(answer.orphans).toEqual([]);
      }),
    );
  });

  it('merge(base, mine, base) = mine', () => {
    fc.assert(
      fc.property(values, values, (base, override) => {
        const answer = threeWay({ base, override, theirs: base });
        expect(deepEqual(answer.values, mergeValues(base, override))).toBe(true);
        expect(answer.conflicts).toEqual([]);
      }),
    );
  });

  it('decided to be taken everywhere, it is theirs; kept everywhere, it is the override over theirs', () => {
    fc.assert(
      fc.property(values, values, values, (base, override, theirs) => {
        const { conflicts } = threeWay({ base, override, theirs });
        const decided = (choice: 'keep' | 'take') =>
          threeWay({ base, override, theirs, decisions: Object.fromEntries(conflicts.map(({ path }) => [path, choice])) });
        expect(decided('keep').conflicts).toEqual([]);
        expect(decided('take').conflicts).toEqual([]);
        // What goes on, goes on: over the same values again nothing is left to decide.
        const kept = decided('keep');
        expect(threeWay({ base: theirs, override: kept.override, theirs }).conflicts).toEqual([]);
        expect(deepEqual(mergeValues(theirs, kept.override), kept.values)).toBe(true);
      }),
    );
  });

  it('overrideOf is what gives mine over base, and nothing for the same', () => {
    fc.assert(
      fc.property(values, values, (base, mine) => {
        expect(overrideOf(base, base)).toEqual({});
        expect(deepEqual(effectiveValues(base, overrideOf(base, mine)), mine)).toBe(true);
      }),
    );
  });
});
