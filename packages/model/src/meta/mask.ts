import { canonicalJson, sha256Hex } from '@slipway/kit';
import { deepEqual, fieldDiff, type FieldDiff, isRecord } from './diff.ts';
import { hidesOf } from './secret-names.ts';
import { type PathStep, valueAt, withValueAt } from './value-path.ts';

export { looksSecret } from './secret-names.ts';

export const MASK = '***';

/**
 * Differences with every secret shown as `***`: values of secret-looking keys, `value` beside a secret-looking `name` (environment variables), the data of
 * Secret objects, and the given secret values wherever they stand inside a text. A changed secret is still a difference.
 */
export function maskedDiff(from: unknown, to: unknown, secretValues: readonly string[] = []): FieldDiff[] {
  const [before, after] = differing(from, to);
  return fieldDiff(mark(before, secretValues), mark(after, secretValues)).map((diff) => unmark(diff) as FieldDiff);
}

/** Fields by which their neighbours are known to be secret. */
const TELLING: ReadonlySet<string> = new Set(['name', 'kind', 'apiVersion']);

/** Both without what is equal in them: looking for secrets takes long, and most of two versions is the same. Places in lists stay what they are. */
function differing(from: unknown, to: unknown): [unknown, unknown] {
  if (Array.isArray(from) && Array.isArray(to)) {
    const pairs = Array.from({ length: Math.min(from.length, to.length) }, (_, index) =>
      deepEqual(from[index], to[index]) ? ([null, null] as const) : differing(from[index], to[index]),
    );
    return [
      [...pairs.map(([before]) => before), ...from.slice(pairs.length)],
      [...pairs.map(([, after]) => after), ...to.slice(pairs.length)],
    ];
  }
  if (!isRecord(from) || !isRecord(to)) return [from, to];
  const [before, after]: [[string, unknown][], [string, unknown][]] = [[], []];
  for (const [key, value] of Object.entries(from)) {
    if (!Object.hasOwn(to, key)) before.push([key, value]);
    else if (!deepEqual(value, to[key])) {
      const [a, b] = differing(value, to[key]);
      before.push([key, a]);
      after.push([key, b]);
    } else if (TELLING.has(key)) {
      before.push([key, value]);
      after.push([key, value]);
    }
  }
  after.push(...Object.entries(to).filter(([key]) => !Object.hasOwn(from, key)));
  return [Object.fromEntries(before), Object.fromEntries(after)];
}

/** The value with marks where secrets are known to be: {@link maskedDiff} tells two different ones apart, and shows neither. */
export const markedAt = (value: unknown, leaves: readonly { readonly at: readonly PathStep[]; readonly shown: string }[]): unknown =>
  leaves.reduce(
    (marked, { at, shown }) =>
      withValueAt(
        marked,
        at,
        shown.replaceAll(MASK, () => markOf([shown, valueAt(value, at)])),
      ),
    value,
  );

/** The value as it may be shown: what is known to hold a secret as it is shown, and whatever else looks like one. */
export const shownAt = (
  value: unknown,
  leaves: readonly { readonly at: readonly PathStep[]; readonly shown: string }[],
  secretValues: readonly string[] = [],
): unknown => unmark(mark(markedAt(value, leaves), secretValues));

/** A copy with every secret replaced by `***`, by the same rules as {@link maskedDiff}. */
export const maskValue = (value: unknown, secretValues: readonly string[] = []): unknown => unmark(mark(value, secretValues));

// Secrets are first replaced by a mark that carries a digest, so that two different ones still differ, and the digest is taken off afterwards.
const MARK = '***\u0000';
const markOf = (value: unknown): string => `${MARK}${sha256Hex(canonicalJson(value))}`;
const MARKED = /\*\*\*\0[0-9a-f]{64}/g;

function mark(value: unknown, secretValues: readonly string[]): unknown {
  if (typeof value === 'string') return markInText(value, secretValues);
  if (typeof value === 'number' || typeof value === 'boolean') return secretValues.includes(String(value)) ? markOf(value) : value;
  if (Array.isArray(value)) return value.map((item) => mark(item, secretValues));
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  const hides = hidesOf(record);
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, hides(key) ? markAll(item) : mark(item, secretValues)]));
}

/** Marks the leaves, so that the keys of a Secret's data stay visible. */
function markAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(markAll);
  if (typeof value !== 'object' || value === null) return value === undefined || value === null ? value : markOf(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markAll(item)]));
}

function markInText(text: string, secretValues: readonly string[]): string {
  const longestFirst = secretValues.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length);
  // One pass over the text: a later secret must never match inside the mark of an earlier one.
  if (longestFirst.length === 0) return text;
  const pattern = new RegExp(longestFirst.map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|'), 'g');
  return text.replace(pattern, (found) => markOf(found));
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(MARKED, MASK);
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unmark(item)]));
}
