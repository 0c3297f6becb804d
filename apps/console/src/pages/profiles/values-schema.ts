import { isRecord } from '@slipway/model/browser';
import type { PackInfo } from '@slipway/model';
import type { OpenApi, Schema } from '../../yaml/schema.ts';

/**
 * The form of a pack's values: its `values.schema.json` where it has one, with the chart's own values as defaults; else what those values are says what may be set. JSON Schema
 * (draft 7 and later) is brought to what forms read: one type, references by name.
 */
export function schemaOfValues({ valuesSchema, values }: Pick<PackInfo, 'valuesSchema' | 'values'>): { document: OpenApi; schema: Schema } {
  const given = isRecord(valuesSchema) ? valuesSchema : undefined;
  const named = given === undefined ? {} : { ...record(given['definitions']), ...record(given['$defs']) };
  const schemas = Object.fromEntries(Object.entries(named).map(([name, one]) => [name, plain(one)]));
  const schema = given === undefined ? ofValue(values) : withDefaults(plain(given), values);
  return { document: { components: { schemas } }, schema };
}

const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

function plain(value: unknown): Schema {
  if (!isRecord(value)) return {};
  const { type, properties, items, additionalProperties, allOf, anyOf, oneOf, ...rest } = value;
  const types = Array.isArray(type) ? type.filter((one) => one !== 'null') : [type];
  const many = (list: unknown): Schema[] | undefined => (Array.isArray(list) ? list.map(plain) : undefined);
  return {
    ...rest,
    ...(typeof types[0] === 'string' && types.length === 1 ? { type: types[0] } : {}),
    ...(isRecord(properties) ? { properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, plain(one)])) } : {}),
    ...(isRecord(items) ? { items: plain(items) } : {}),
    ...(isRecord(additionalProperties) ? { additionalProperties: plain(additionalProperties) } : {}),
    ...(many(allOf) === undefined ? {} : { allOf: many(allOf) }),
    ...(many(anyOf) === undefined ? {} : { anyOf: many(anyOf) }),
    ...(many(oneOf) === undefined ? {} : { oneOf: many(oneOf) }),
  } as Schema;
}

/** What the chart sets itself is what a field is when nobody sets it. */
function withDefaults(schema: Schema, value: unknown): Schema {
  if (!isRecord(value)) return value === undefined || value === null ? schema : { ...schema, default: value };
  const properties = Object.entries(schema.properties ?? {}).map(([key, one]) => [key, withDefaults(one, value[key])]);
  return properties.length === 0 ? schema : { ...schema, properties: Object.fromEntries(properties) as Record<string, Schema> };
}

function ofValue(value: unknown): Schema {
  if (Array.isArray(value)) return { type: 'array', items: value.length === 0 ? {} : ofValue(value[0]), default: value };
  if (isRecord(value))
    return { type: 'object', properties: Object.fromEntries(Object.entries(value).map(([key, one]) => [key, ofValue(one)])) };
  if (value === null) return {};
  return { type: typeof value === 'number' ? 'number' : typeof value, default: value };
}
