import type { FieldCause } from '@slipway/kit';
import type { z } from 'zod';

/** A field's path as users write it: `spec.pools[0].replicas`, `metadata.labels[example.com/a]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${text}[${name}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

type JsonSchema = { [key: string]: unknown };

/** The part of a JSON schema at a path: where a wrong field was written, to say what would be right. */
function schemasAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  const variants = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => (schema[word] as JsonSchema[] | undefined) ?? []);
  if (variants.length > 0) return variants.flatMap((variant) => schemasAt(variant, path));
  const [first, ...rest] = path;
  if (first === undefined) return [schema];
  const next =
    typeof first === 'number'
      ? (schema.items as JsonSchema | undefined)
      : ((schema.properties as Record<string, JsonSchema> | undefined)?.[String(first)] ??
        (schema.additionalProperties as JsonSchema | undefined));
  return next === undefined || typeof next !== 'object' ? [] : schemasAt(next, rest);
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** "did you mean …", or the fields there are. */
function suggestion(schema: JsonSchema, parent: readonly PropertyKey[], key: string): string {
  const names = schemasAt(schema, parent).flatMap((part) => Object.keys((part.properties as object | undefined) ?? {}));
  if (names.length === 0) return '';
  const ranked = [...new Set(names)]
    .map((name) => ({ name, far: distance(name.toLowerCase(), key.toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far);
  const best = ranked[0];
  if (best !== undefined && best.far <= Math.max(2, Math.floor(key.length / 3))) return `did you mean "${best.name}"?`;
  return `the fields here are: ${ranked
    .map(({ name }) => name)
    .toSorted()
    .join(', ')}`;
}

export interface UnknownField {
  readonly path: readonly PropertyKey[];
  readonly field: string;
  readonly advice: string;
}

/** The unknown fields and the other causes in zod's issues. */
export function splitIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: JsonSchema,
  input: unknown,
): { unknown: UnknownField[]; causes: FieldCause[] } {
  const unknown: UnknownField[] = [];
  const causes: FieldCause[] = [];
  for (const issue of flattened(issues)) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const path = [...issue.path, key];
        unknown.push({ path, field: pathText(path), advice: suggestion(schema, issue.path, key) });
      }
    } else causes.push(causeOf(issue, input));
  }
  return { unknown, causes };
}

/** Of a union, the branch that came furthest; a union with its own message keeps it. */
function flattened(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const nested = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0));
    return nested === undefined ? [issue] : flattened(nested.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

const isThere = (input: unknown, path: readonly PropertyKey[]): boolean =>
  path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | null | undefined)?.[part], input) !== undefined;

function causeOf(issue: z.core.$ZodIssue, input: unknown): FieldCause {
  const field = pathText(issue.path);
  // Missing, whatever it would have to be: a literal, an enum, the tag of a union.
  if (!isThere(input, issue.path)) {
    const expected = 'expected' in issue ? `: expected ${String(issue.expected)}` : '';
    return { field, reason: 'FieldValueRequired', message: `Required value${expected}` };
  }
  if (issue.code === 'invalid_value') {
    return {
      field,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: supported values: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`,
    };
  }
  const reason = issue.code === 'invalid_type' ? 'FieldValueTypeInvalid' : 'FieldValueInvalid';
  return { field, reason, message: `Invalid value: ${issue.message}` };
}
