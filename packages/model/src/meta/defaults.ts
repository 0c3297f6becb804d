import { z } from 'zod';
import type { Kind } from './define-kind.ts';

type Json = { readonly [key: string]: unknown };
/** Gives the same value back when nothing is missing in it. */
type Filler = (value: unknown) => unknown;

const fillers = new WeakMap<Pick<Kind, 'spec'>, Filler>();
const same: Filler = (value) => value;

/**
 * A spec with the defaults of fields that it does not have: what an earlier Slipway stored means under today's schema what it meant then. kube-apiserver does the
 * same when it reads. Nothing is checked, and what is complete is given back as it is.
 */
export function withDefaults(kind: Pick<Kind, 'spec'>, spec: unknown): unknown {
  let fill = fillers.get(kind);
  if (fill === undefined) {
    fill = fillerOf(z.toJSONSchema(kind.spec, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Json) ?? same;
    fillers.set(kind, fill);
  }
  return fill(spec);
}

/** Undefined where there is nothing to fill in below. */
function fillerOf(schema: Json): Filler | undefined {
  const variants = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
  if (variants) return variantFiller(variants);
  if (schema['type'] === 'object') return objectFiller(schema);
  return schema['type'] === 'array' ? arrayFiller(schema) : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function arrayFiller(schema: Json): Filler | undefined {
  const fill = typeof schema['items'] === 'object' ? fillerOf(schema['items'] as Json) : undefined;
  if (fill === undefined) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return value;
    const filled = value.map(fill);
    return filled.every((item, index) => item === value[index]) ? value : filled;
  };
}

interface Field {
  readonly name: string;
  readonly fallback: unknown;
  readonly fill: Filler | undefined;
}

function objectFiller(schema: Json): Filler | undefined {
  const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
    .map(([name, property]): Field => ({ name, fallback: property['default'], fill: fillerOf(property) }))
    .filter(({ fallback, fill }) => fallback !== undefined || fill !== undefined);
  const more = isRecord(schema['additionalProperties']) ? fillerOf(schema['additionalProperties']) : undefined;
  if (fields.length === 0 && more === undefined) return undefined;
  const declared = new Set(Object.keys((schema['properties'] ?? {}) as object));
  return (value) => {
    if (!isRecord(value)) return value;
    const changed = fields.flatMap((field) => changeOf(field, value));
    if (more !== undefined) {
      for (const key of Object.keys(value))
        if (!declared.has(key)) changed.push(...changeOf({ name: key, fallback: undefined, fill: more }, value));
    }
    return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
  };
}

function changeOf({ name, fallback, fill = same }: Field, value: Readonly<Record<string, unknown>>): [string, unknown][] {
  const there = Object.hasOwn(value, name) ? value[name] : undefined;
  if (there === undefined) return fallback === undefined ? [] : [[name, fill(structuredClone(fallback))]];
  const filled = fill(there);
  return filled === there ? [] : [[name, filled]];
}

/** The variant that the value's constants name; none where they do not tell. */
function variantFiller(variants: readonly Json[]): Filler | undefined {
  const known = variants
    .map((variant) => ({ constants: constantsOf(variant), fill: fillerOf(variant) }))
    .filter(({ fill }) => fill !== undefined);
  if (known.length === 0) return undefined;
  return (value) => {
    if (!isRecord(value)) return value;
    const found = known.filter(({ constants }) => constants.every(([name, constant]) => value[name] === constant));
    return found.length === 1 ? (found[0]?.fill ?? same)(value) : value;
  };
}

const constantsOf = (variant: Json): [string, unknown][] =>
  Object.entries((variant['properties'] ?? {}) as Record<string, Json>).flatMap(([name, property]): [string, unknown][] =>
    'const' in property ? [[name, property['const']]] : [],
  );
