import { prerelease, rcompare, valid } from 'semver';

const LOOSE = { loose: true } as const;

/** Newest first; what is no version comes last, by its letters. */
export function newestFirst(versions: readonly string[]): string[] {
  const known = versions.filter((version) => valid(version, LOOSE) !== null);
  const others = versions.filter((version) => valid(version, LOOSE) === null);
  return [...known.toSorted((a, b) => rcompare(a, b, LOOSE)), ...others.toSorted().toReversed()];
}

/** The newest release, or the newest of all where nothing is released. */
export function newestRelease(versions: readonly string[]): string | undefined {
  const sorted = newestFirst(versions);
  return sorted.find((version) => valid(version, LOOSE) !== null && prerelease(version, LOOSE) === null) ?? sorted[0];
}
