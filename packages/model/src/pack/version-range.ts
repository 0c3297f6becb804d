import { satisfies, validRange } from 'semver';
import { z } from 'zod';
import { compareVersions, exactVersion } from './compare-versions.ts';

/** Longest range that is read. */
const MAX_RANGE = 256;

/**
 * Ranges as charts write them (`>=1.30.0-0`, `~1.2`, `^1 || ^2`, `>= 1.2, < 2, != 1.4.0`): what Helm's own library takes, so that a chart's `kubeVersion` means here
 * what it means to helm. Differences from npm's ranges: a comma is "and", `!=` excludes, and a pre-release fits whenever its alternative names one.
 */
export const versionRangeSchema = z
  .string()
  .max(MAX_RANGE)
  .refine(isRange, 'must be a version range such as ">=1.30.0", "~1.2" or ">=1.2, <2"');

interface Alternative {
  readonly range: string;
  readonly not: readonly string[];
  readonly prereleases: boolean;
}

function alternatives(range: string): Alternative[] {
  return range.split('||').map((part) => {
    const not: string[] = [];
    const rest = part
      .replaceAll(',', ' ')
      .replaceAll('=>', '>=')
      .replaceAll('=<', '<=')
      .replace(/!=\s*(\S+)/g, (_, version: string) => {
        not.push(version);
        return ' ';
      });
    return { range: rest.trim() || '*', not, prereleases: /\d-[0-9A-Za-z]/.test(rest) };
  });
}

export function isRange(text: string): boolean {
  if (text.length > MAX_RANGE) return false;
  return alternatives(text).every(({ range, not }) => [range, ...not].every((one) => validRange(one) !== null));
}

export function inRange(version: string, range: string): boolean {
  const exact = exactVersion(version);
  if (exact === undefined || range.length > MAX_RANGE) return false;
  return alternatives(range).some(
    (one) =>
      satisfies(exact, one.range, { includePrerelease: one.prereleases, loose: true }) &&
      one.not.every((excluded) => !satisfies(exact, excluded, { loose: true })),
  );
}

/** The newest version that lies in every range. */
export const newestInRanges = (versions: readonly string[], ranges: readonly string[]): string | undefined =>
  versions.toSorted(compareVersions).find((version) => ranges.every((range) => inRange(version, range)));
