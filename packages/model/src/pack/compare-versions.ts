import { coerce, parse, rcompare } from 'semver';

/** A version with what people leave out filled in: `v1.2` is 1.2.0. Undefined for what is none. */
export function exactVersion(text: string): string | undefined {
  return (parse(text, { loose: true }) ?? coerce(text))?.version;
}

/** Newest first; what is no version goes last. */
export const compareVersions = (a: string, b: string): number => rcompare(exactVersion(a) ?? '0.0.0-0', exactVersion(b) ?? '0.0.0-0');
