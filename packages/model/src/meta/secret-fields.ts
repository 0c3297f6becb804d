import { deepEqual } from './diff.ts';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';
import type { Kind } from './define-kind.ts';
import { MASK } from './mask.ts';

/** JSON schema's own word for a value that can be written and never read: it reaches OpenAPI as it is. */
const MARK = 'writeOnly';
const MASK_KEY = 'x-slipway-mask';

/**
 * A text that is a secret: stored encrypted, shown as a mask, never logged, watched, audited or exported. A write that brings the mask back keeps what is stored.
 * Every rule about secrets follows from this mark, for any kind.
 *
 * @example password: secretText().optional()
 */
export const secretText = (schema: z.ZodString = z.string(), mask: string = MASK): z.ZodString =>
  schema.meta({ [MARK]: true, format: 'password', [MASK_KEY]: mask });

/** Where a kind's secrets are below `spec`: keys, or `*` for every member of a record or list. */
export interface SecretField {
  readonly path: readonly string[];
  /** What stands in its place. */
  readonly mask: string;
}

type Json = { readonly [key: string]: unknown };
const fieldsOfKind = new WeakMap<Pick<Kind, 'spec'>, readonly SecretField[]>();

/** The secret fields of a kind, read from its schema. */
export function secretFieldsOf(kind: Pick<Kind, 'spec'>): readonly SecretField[] {
  const known = fieldsOfKind.get(kind);
  if (known !== undefined) return known;
  const found = new Map<string, SecretField>();
  const schema = z.toJSONSchema(kind.spec, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Json;
  collect(schema, [], found);
  const fields = [...found.values()];
  fieldsOfKind.set(kind, fields);
  return fields;
}

function collect(node: Json, path: readonly string[], found: Map<string, SecretField>): void {
  if (node[MARK] === true) found.set(path.join('\0'), { path, mask: String(node[MASK_KEY] ?? MASK) });
  for (const key of ['anyOf', 'oneOf', 'allOf']) for (const variant of (node[key] ?? []) as Json[]) collect(variant, path, found);
  for (const [name, item] of Object.entries((node['properties'] ?? {}) as Json)) collect(item as Json, [...path, name], found);
  for (const key of ['additionalProperties', 'items']) {
    const item = node[key];
    if (typeof item === 'object' && item !== null) collect(item as Json, [...path, '*'], found);
  }
}

/** Secret values by where they stand: `data/password`, members of lists by their `name` where they have one. */
export type SecretValues = Readonly<Record<string, string>>;

export interface TakenSecrets<T> {
  /** The value with masks in place of its secrets. */
  readonly masked: T;
  /** The secrets that were written in clear. */
  readonly values: SecretValues;
  /** Places that carry the mask: what is stored there stays. */
  readonly kept: readonly string[];
}

/** Takes every secret out of a spec. */
export function takeSecrets<T>(spec: T, fields: readonly SecretField[]): TakenSecrets<T> {
  const values: Record<string, string> = {};
  const kept: string[] = [];
  let masked: unknown = spec;
  for (const { path, mask } of fields) {
    masked = mapAt(masked, path, [], (value, place) => {
      if (typeof value !== 'string') return value;
      if (value === mask) kept.push(place);
      else values[place] = value;
      return mask;
    });
  }
  return { masked: masked as T, values, kept };
}

/** Puts secrets back where they were taken from; a place that no longer exists is left out. */
export function putSecrets<T>(masked: T, fields: readonly SecretField[], values: SecretValues): T {
  let whole: unknown = masked;
  for (const { path } of fields) {
    whole = mapAt(whole, path, [], (value, place) => (Object.hasOwn(values, place) ? values[place] : value));
  }
  return whole as T;
}

function mapAt(
  node: unknown,
  path: readonly string[],
  place: readonly string[],
  change: (value: unknown, place: string) => unknown,
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(node, place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/'));
  if (Array.isArray(node)) {
    return step === '*' ? node.map((item, index) => mapAt(item, rest, [...place, keyOfItem(item, index)], change)) : node;
  }
  if (typeof node !== 'object' || node === null) return node;
  const record = node as Readonly<Record<string, unknown>>;
  const keys = step === '*' ? Object.keys(record) : Object.hasOwn(record, step) ? [step] : [];
  if (keys.length === 0) return node;
  return { ...record, ...Object.fromEntries(keys.map((key) => [key, mapAt(record[key], rest, [...place, key], change)])) };
}

/** A name outlives a new order of the list; a number does not. */
function keyOfItem(item: unknown, index: number): string {
  const name = (item as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? `[${name}]` : String(index);
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * `kubectl apply` keeps the whole object, secrets included, in an annotation. Secrets are masked there too: the next apply then sends them again, which changes
 * nothing when they are the same. What cannot be read as JSON goes.
 */
export function maskLastApplied(
  annotations: Readonly<Record<string, string>> | undefined,
  mask: (applied: Record<string, unknown>) => unknown,
): Record<string, string> | undefined {
  if (annotations === undefined || annotations[LAST_APPLIED] === undefined) return annotations;
  const { [LAST_APPLIED]: text, ...rest } = annotations;
  try {
    const applied = JSON.parse(text as string) as Record<string, unknown>;
    const masked = mask(applied);
    // Word for word where nothing is hidden: kubectl compares the text, and would call every object changed.
    return { ...rest, [LAST_APPLIED]: deepEqual(applied, masked) ? (text as string) : JSON.stringify(masked) };
  } catch {
    return rest;
  }
}

/** Stored secrets that stay, with those that were written; refuses a mask where nothing is stored. */
export function mergeSecrets(taken: Pick<TakenSecrets<unknown>, 'values' | 'kept'>, stored: SecretValues, what: string): SecretValues {
  const missing = taken.kept.filter((place) => !Object.hasOwn(stored, place));
  if (missing.length > 0) {
    throw new SlipwayError('Invalid', `${what}: ${missing.join(', ')} holds the mask of a secret, and no secret is stored there.`, {
      hint: 'Secrets are never given out, so what was read back cannot be used to make another object: write the value itself.',
      causes: missing.map((place) => ({
        field: `spec.${place.replaceAll('/', '.')}`,
        reason: 'FieldValueInvalid' as const,
        message: 'is a mask, not a value',
      })),
    });
  }
  return { ...Object.fromEntries(taken.kept.map((place) => [place, stored[place] as string])), ...taken.values };
}
