import { isDeepStrictEqual } from 'node:util';

type Json = { [key: string]: unknown };

/** JSON schema to what OpenAPI 3.0 tools of Kubernetes accept: no `$schema`, `const` as a one-value enum, no type lists, unions told by their first member. */
export function structuralSchema(schema: unknown): Json {
  const node = schema as Json;
  const variants = ((node.oneOf ?? node.anyOf) as Json[] | undefined)?.map(structuralSchema);
  const result: Json = {};
  for (const [key, value] of Object.entries(node)) {
    // Write-only fields must not be in answers, says OpenAPI, and a mask of ours stands there.
    if (['$schema', 'oneOf', 'anyOf', 'propertyNames', '$id', 'id', 'writeOnly'].includes(key)) continue;
    // OpenAPI 3.0 has no list of types, and kubectl explain stumbles over one.
    if (key === 'type' && Array.isArray(value)) Object.assign(result, oneOfTypes(value as string[]));
    else if (key === 'const') result.enum = [value];
    // OpenAPI before 3.1 has one.
    else if (key === 'examples') result.example = (value as unknown[])[0];
    else if (key === 'exclusiveMinimum') Object.assign(result, { minimum: value, exclusiveMinimum: true });
    else if (key === 'exclusiveMaximum') Object.assign(result, { maximum: value, exclusiveMaximum: true });
    else if (key === 'properties')
      result.properties = Object.fromEntries(Object.entries(value as Json).map(([name, item]) => [name, structuralSchema(item)]));
    else if (key === 'items' || key === 'additionalProperties') result[key] = typeof value === 'boolean' ? value : structuralSchema(value);
    else if (key === 'required') result.required = value;
    else result[key] = value;
  }
  if (result.required !== undefined && (result.required as string[]).length === 0) delete result.required;
  const whole = variants === undefined ? result : { ...merged(variants), ...result };
  // Anything goes; kubectl explain takes an empty schema for a missing one.
  return Object.keys(whole).length === 0 ? { 'x-kubernetes-preserve-unknown-fields': true } : whole;
}

/** One type or null, or one of several types. */
function oneOfTypes(types: readonly string[]): Json {
  const real = types.filter((type) => type !== 'null');
  if (real.length === 1) return { type: real[0], nullable: true };
  return { 'x-kubernetes-preserve-unknown-fields': true };
}

/** One schema that lets everything through that one of the variants lets through: explain then shows all fields there can be. */
function merged(variants: readonly Json[]): Json {
  const real = variants.filter((variant) => variant.type !== 'null');
  const types = new Set(real.map((variant) => variant.type));
  if (types.size !== 1) return { 'x-kubernetes-preserve-unknown-fields': true };
  const [type] = types;
  if (type === 'object') return { ...shared(real, OF_OBJECTS), type, ...mergedFields(real) };
  const enums = real.map((variant) => variant.enum as unknown[] | undefined);
  if (enums.every((values) => values !== undefined))
    return { type: enums.flat().every(Number.isInteger) ? 'integer' : type, enum: enums.flat() };
  const items = real.map((variant) => variant.items as Json | undefined);
  return { ...shared(real, OF_VALUES), type, ...(items.every((item) => item !== undefined) ? { items: merged(items) } : {}) };
}

const OF_OBJECTS = ['additionalProperties', 'x-kubernetes-map-type', 'x-kubernetes-preserve-unknown-fields'];
const OF_VALUES = [
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'nullable',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
];

/** What every variant says, and says alike. */
function shared(variants: readonly Json[], keys: readonly string[]): Json {
  const [first = {}, ...others] = variants;
  return Object.fromEntries(
    keys
      .filter((key) => first[key] !== undefined && others.every((other) => isDeepStrictEqual(other[key], first[key])))
      .map((key) => [key, first[key]]),
  );
}

function mergedFields(variants: readonly Json[]): Json {
  const properties: Json = {};
  for (const variant of variants) {
    for (const [name, item] of Object.entries((variant.properties as Json | undefined) ?? {})) {
      const known = properties[name] as Json | undefined;
      properties[name] = known === undefined ? item : merged([known, item as Json]);
    }
  }
  const required = variants
    .map((variant) => (variant.required as string[] | undefined) ?? [])
    .reduce((a, b) => a.filter((name) => b.includes(name)));
  return { ...(Object.keys(properties).length === 0 ? {} : { properties }), ...(required.length === 0 ? {} : { required }) };
}
