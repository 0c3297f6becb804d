/**
 * What server-side apply must know about a type: which parts are merged (granular) and which are one value (atomic). Derived from a kind's own structural
 * schema and its `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type` markers, as kube-apiserver does for a CRD.
 */
export interface Shape {
  readonly scalar: boolean;
  readonly list?: ListShape;
  readonly map?: MapShape;
}

export interface ListShape {
  readonly type: 'atomic' | 'set' | 'map';
  /** Names of the fields that identify an item of a `map` list, sorted. */
  readonly keys: readonly string[];
  readonly keyDefaults: Readonly<Record<string, unknown>>;
  readonly item: Shape;
}

export interface MapShape {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, Shape>;
  /** Of keys that are not declared fields; undefined when there must be none. */
  readonly values: Shape | undefined;
}

type Json = { readonly [key: string]: unknown };

/** Anything: maps are merged, lists are one value. */
export const DEDUCED: Shape = makeDeduced();

function makeDeduced(): Shape {
  const map = { atomic: false, fields: new Map<string, Shape>(), values: undefined as Shape | undefined };
  const shape: Shape = { scalar: true, list: { type: 'atomic', keys: [], keyDefaults: {}, item: { scalar: true } }, map };
  map.values = shape;
  return shape;
}

const SCALAR: Shape = { scalar: true };

/** The shape of a structural schema. */
export function shapeOf(schema: Json): Shape {
  switch (schema.type) {
    case 'object':
      return { scalar: false, map: mapShape(schema) };
    case 'array':
      return { scalar: false, list: listShape(schema) };
    case undefined:
      return DEDUCED;
    default:
      return SCALAR;
  }
}

function mapShape(schema: Json): MapShape {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>);
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    fields: new Map(properties.map(([name, property]) => [name, shapeOf(property)])),
    values: valuesOf(schema, properties.length),
  };
}

function valuesOf(schema: Json, declared: number): Shape | undefined {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object' && additionalProperties !== null) return shapeOf(additionalProperties as Json);
  if (additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return DEDUCED;
  // An object with nothing declared is a free-form one.
  return additionalProperties === undefined && declared === 0 ? DEDUCED : undefined;
}

function listShape(schema: Json): ListShape {
  const items = (schema.items ?? {}) as Json;
  const properties = (items.properties ?? {}) as Record<string, Json>;
  const type = schema['x-kubernetes-list-type'];
  const keys = type === 'map' ? [...((schema['x-kubernetes-list-map-keys'] as string[] | undefined) ?? [])].toSorted() : [];
  const defaults = keys.flatMap((key) => (properties[key]?.default === undefined ? [] : [[key, properties[key].default]]));
  return {
    type: type === 'map' || type === 'set' ? type : 'atomic',
    keys,
    keyDefaults: Object.fromEntries(defaults) as Record<string, unknown>,
    item: shapeOf(items),
  };
}

const mapOf = (fields: Record<string, Shape>): Shape => ({
  scalar: false,
  map: { atomic: false, fields: new Map(Object.entries(fields)), values: undefined },
});
const STRINGS: Shape = { scalar: false, map: { atomic: false, fields: new Map(), values: SCALAR } };

/** The part of ObjectMeta that can have owners, with the markers it has in Kubernetes. */
const METADATA: Shape = mapOf({
  generateName: SCALAR,
  labels: STRINGS,
  annotations: STRINGS,
  finalizers: { scalar: false, list: { type: 'set', keys: [], keyDefaults: {}, item: SCALAR } },
  ownerReferences: {
    scalar: false,
    list: {
      type: 'map',
      keys: ['uid'],
      keyDefaults: {},
      item: { scalar: false, map: { atomic: true, fields: new Map(), values: DEDUCED } },
    },
  },
});

/** The shape of a whole object: metadata as everywhere, spec and status of the kind. */
export const objectShape = (json: { readonly spec: Json; readonly status: Json }): Shape =>
  mapOf({ metadata: METADATA, spec: shapeOf(json.spec), status: shapeOf(json.status) });

export const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Which form a value takes where its shape allows several; for null and absent values, and wrong ones, the shape's first form. */
export function formOf(shape: Shape, value: unknown): 'map' | 'scalar' | 'list' {
  if (Array.isArray(value) && shape.list !== undefined) return 'list';
  if (isMap(value) && shape.map !== undefined) return 'map';
  if (['string', 'number', 'boolean'].includes(typeof value) && shape.scalar) return 'scalar';
  if (shape.map !== undefined) return 'map';
  return shape.scalar ? 'scalar' : 'list';
}

export const fieldShape = (map: MapShape, key: string): Shape => map.fields.get(key) ?? map.values ?? DEDUCED;

/** The path element of a list item (`k:{"name":"a"}`, `v:"x"`); undefined when the item has none, which validation refuses. */
export function itemElement(list: ListShape, item: unknown): string | undefined {
  if (list.type === 'set') return item === null || typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`;
  if (!isMap(item)) return undefined;
  const keys: [string, unknown][] = [];
  for (const key of list.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : list.keyDefaults[key];
    if (value !== undefined) keys.push([key, value]);
  }
  return keys.length === 0 ? undefined : `k:${JSON.stringify(Object.fromEntries(keys))}`;
}
