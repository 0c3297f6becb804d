import { canonicalJson, sha256Hex } from '@slipway/kit';
import { fieldDiff, type FieldDiff } from './diff.ts';
import { type PathStep, valueAt, withValueAt } from './value-path.ts';

export const MASK = '***';

const SECRET_KEY =
  /pass(word|wd|phrase)|secret|token|credential|private[_-]?key|api[_-]?key|access[_-]?key|signing[_-]?key|^key$|[a-z]Key$/i;
const HARMLESS_KEY = /(secret|key)_?-?(name|names|ref|refs)$|public[_-]?key|topologyKey$/i;

/** Whether a field or variable of this name is likely to hold a secret. Errs on the side of hiding. */
export const looksSecret = (name: string): boolean => SECRET_KEY.test(name) && !HARMLESS_KEY.test(name);

/**
 * Differences with every secret shown as `***`: values of secret-looking keys, `value` beside a secret-looking `name` (environment variables), the data of
 * Secret objects, and the given secret values wherever they stand inside a text. A changed secret is still a difference.
 */
export function maskedDiff(from: unknown, to: unknown, secretValues: readonly string[] = []): FieldDiff[] {
  return fieldDiff(mark(from, secretValues), mark(to, secretValues)).map((diff) => unmark(diff) as FieldDiff);
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
  const secretPair = typeof record['name'] === 'string' && looksSecret(record['name']);
  const secretObject = record['kind'] === 'Secret' && record['apiVersion'] === 'v1';
  const hides = (key: string) =>
    looksSecret(key) || (secretPair && key === 'value') || (secretObject && (key === 'data' || key === 'stringData'));
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
