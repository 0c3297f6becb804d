import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions } from './compare-versions.ts';
import { inRange, isRange, newestInRanges } from './version-range.ts';

test.each([
  ['v1.35.4', '>=1.30.0-0', true],
  ['1.30.2-eks-a1b2', '>=1.30.0-0', true],
  ['1.30.2-eks-a1b2', '>=1.30.0', false],
  ['v1.31.5+k3s1', '>= 1.31, < 1.32', true],
  ['1.2.3', '~1.2', true],
  ['1.3.0', '~1.2', false],
  ['1.9.0', '^1 || ^3', true],
  ['2.0.0', '^1 || ^3', false],
  ['1.4.0', '>=1, !=1.4.0', false],
  ['1.4.1', '>=1, != 1.4.0', true],
  ['1.2', '1.2.x', true],
  ['1.5.0', '1.2 - 1.4', false],
  ['1.4.9', '1.2 - 1.4', true],
  ['not a version', '*', false],
  ['1.0.0', '=> 1.0.0', true],
])('%s in %s: %s', (version, range, expected) => {
  expect(isRange(range)).toBe(true);
  expect(inRange(version, range)).toBe(expected);
});

test.each(['>=', 'latest and greatest', '1.2.3.4.5 oops', '>=1 !=', '1'.repeat(300)])('%s is no range', (range) => {
  expect(isRange(range)).toBe(false);
});

const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map((parts) => parts.join('.'));

test('an exact version is in its own range, and excluded from what excludes it; the newest of a list is one of the list', () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 8 }), (versions) => {
      const best = newestInRanges(versions, ['*']) ?? '';
      expect(versions).toContain(best);
      for (const other of versions) {
        expect(compareVersions(best, other)).toBeLessThanOrEqual(0);
        expect(inRange(other, other)).toBe(true);
        expect(inRange(other, `>=0, !=${other}`)).toBe(false);
        expect(inRange(other, `>=${other}`)).toBe(true);
        expect(inRange(other, `<${other}`)).toBe(false);
      }
    }),
  );
});

test('no text makes it throw or take long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 400 }), (a, b) => {
      const started = performance.now();
      inRange(a, b);
      isRange(b);
      expect(performance.now() - started).toBeLessThan(1000);
    }),
  );
});
