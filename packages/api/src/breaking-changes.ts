type Json = { readonly [key: string]: unknown };

const isMap = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value);
const mapOf = (value: unknown): Json => (isMap(value) ? value : {});
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/**
 * What in a new OpenAPI document would break a client of the old one: paths, operations, kinds and fields that are gone, fields that became required, types that
 * changed, values and ranges that became narrower, lists that are merged otherwise. Additions break nobody.
 */
export function breakingChanges(before: Json, after: Json): string[] {
  const [paths, newPaths] = [mapOf(before.paths), mapOf(after.paths)];
  const goneOperations = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(mapOf(operations))
      .filter((method) => mapOf(newPaths[path])[method] === undefined)
      .map((method) => `${method.toUpperCase()} ${path} is gone`),
  );
  const [schemas, newSchemas] = [before, after].map((document) => mapOf(mapOf(document.components).schemas)) as [Json, Json];
  const changed = Object.entries(schemas).flatMap(([name, schema]) =>
    newSchemas[name] === undefined
      ? [`${name} is gone`]
      : schemaChanges(mapOf(schema), mapOf(newSchemas[name]), name.split('.').at(-1) ?? name),
  );
  return [...goneOperations, ...changed];
}

/** Markers and limits a client may rely on; a change of any is told. */
const FIXED = ['type', 'pattern', 'format', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', '$ref'];

function schemaChanges(before: Json, after: Json, at: string): string[] {
  const text = (value: unknown) => JSON.stringify(value);
  const fixed = FIXED.filter((key) => text(before[key]) !== text(after[key])).map(
    (key) => `${at}: ${key} was ${text(before[key])} and is ${text(after[key])}`,
  );
  const required = textsOf(after.required).filter((name) => !textsOf(before.required).includes(name));
  const newlyRequired = required.map((name) => `${at}.${name} became required`);
  const lost = before.enum === undefined ? [] : textsOf(before.enum).filter((value) => !textsOf(after.enum).includes(value));
  const narrowed = [
    ...(after.enum !== undefined && before.enum === undefined ? [`${at}: only some values are allowed now`] : []),
    ...(after.enum === undefined ? [] : lost.map((value) => `${at}: the value ${value} is gone`)),
    ...(['minimum', 'minLength', 'minItems'] as const)
      .filter((key) => after[key] !== undefined && Number(after[key]) > Number(before[key] ?? -Infinity))
      .map((key) => `${at}: ${key} rose to ${Number(after[key])}`),
    ...(['maximum', 'maxLength', 'maxItems'] as const)
      .filter((key) => after[key] !== undefined && Number(after[key]) < Number(before[key] ?? Infinity))
      .map((key) => `${at}: ${key} fell to ${Number(after[key])}`),
  ];
  const properties = mapOf(after.properties);
  const below = Object.entries(mapOf(before.properties)).flatMap(([name, schema]) =>
    properties[name] === undefined ? [`${at}.${name} is gone`] : schemaChanges(mapOf(schema), mapOf(properties[name]), `${at}.${name}`),
  );
  const items = (['items', 'additionalProperties'] as const).flatMap((key) =>
    isMap(before[key]) ? schemaChanges(before[key], mapOf(after[key]), `${at}[]`) : [],
  );
  return [...fixed, ...newlyRequired, ...narrowed, ...below, ...items];
}
