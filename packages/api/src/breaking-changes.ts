type Json = { readonly [key: string]: unknown };

const isMap = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value);
const mapOf = (value: unknown): Json => (isMap(value) ? value : {});
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/**
 * What in a new OpenAPI document would break a client of the old one: paths, operations, answers, kinds and fields that are gone, fields and parameters that became
 * required, types that changed, values and ranges that became narrower, lists that are merged otherwise. Additions break nobody, nor do answers that promise more.
 */
export function breakingChanges(before: Json, after: Json): string[] {
  const [schemas, newSchemas] = [before, after].map((document) => mapOf(mapOf(document.components).schemas)) as [Json, Json];
  const sent = sentSchemas(before, schemas);
  const changed = Object.entries(schemas).flatMap(([name, schema]) =>
    newSchemas[name] === undefined
      ? [`${name} is gone`]
      : schemaChanges(mapOf(schema), mapOf(newSchemas[name]), name.split('.').at(-1) ?? name, sent.has(name)),
  );
  return [...operationChanges(mapOf(before.paths), mapOf(after.paths)), ...changed];
}

/** The schemas that clients send, not only receive. */
function sentSchemas(document: Json, schemas: Json): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    for (const [, name = ''] of JSON.stringify(node ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(schemas[name]);
    }
  };
  for (const operations of Object.values(mapOf(document.paths)))
    for (const operation of Object.values(mapOf(operations))) visit(mapOf(operation).requestBody);
  return found;
}

function operationChanges(paths: Json, newPaths: Json): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(mapOf(operations))
      .filter(([method]) => method !== 'parameters')
      .flatMap(([method, operation]) => {
        const at = `${method.toUpperCase()} ${path}`;
        const now = mapOf(newPaths[path])[method];
        return now === undefined
          ? [`${at} is gone`]
          : [...parameterChanges(mapOf(operation), mapOf(now), at), ...bodyChanges(mapOf(operation), mapOf(now), at)];
      }),
  );
}

const parametersOf = (operation: Json): ReadonlyMap<string, Json> =>
  new Map((Array.isArray(operation.parameters) ? operation.parameters.map(mapOf) : []).map((one) => [String(one.name), one]));

function parameterChanges(before: Json, after: Json, at: string): string[] {
  const [old, now] = [parametersOf(before), parametersOf(after)];
  const gone = [...old.keys()].filter((name) => !now.has(name)).map((name) => `${at}: the parameter ${name} is gone`);
  const required = [...now].filter(([name, one]) => one.required === true && old.get(name)?.required !== true);
  return [...gone, ...required.map(([name]) => `${at}: the parameter ${name} became required`)];
}

/** Content types of bodies and answers that are gone, and a body that must be there now. */
function bodyChanges(before: Json, after: Json, at: string): string[] {
  const typesOf = (operation: Json): string[] => [
    ...Object.keys(mapOf(mapOf(operation.requestBody).content)),
    ...Object.entries(mapOf(operation.responses))
      .filter(([code]) => code.startsWith('2'))
      .flatMap(([, answer]) => Object.keys(mapOf(mapOf(answer).content)).map((type) => `answer ${type}`)),
  ];
  const now = typesOf(after);
  const gone = [...new Set(typesOf(before))].filter((type) => !now.includes(type)).map((type) => `${at}: ${type} is gone`);
  const needed = mapOf(after.requestBody).required === true && mapOf(before.requestBody).required !== true;
  return [...gone, ...(needed ? [`${at}: the body became required`] : [])];
}

/** Markers and limits a client may rely on; a change of any is told. */
const FIXED = ['type', 'pattern', 'format', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', '$ref'];

function schemaChanges(before: Json, after: Json, at: string, sent: boolean): string[] {
  const text = (value: unknown) => JSON.stringify(value);
  const fixed = FIXED.filter((key) => text(before[key]) !== text(after[key])).map(
    (key) => `${at}: ${key} was ${text(before[key])} and is ${text(after[key])}`,
  );
  const properties = mapOf(after.properties);
  const below = Object.entries(mapOf(before.properties)).flatMap(([name, schema]) =>
    properties[name] === undefined
      ? [`${at}.${name} is gone`]
      : schemaChanges(mapOf(schema), mapOf(properties[name]), `${at}.${name}`, sent),
  );
  const items = (['items', 'additionalProperties'] as const).flatMap((key) =>
    isMap(before[key]) ? schemaChanges(before[key], mapOf(after[key]), `${at}[]`, sent) : [],
  );
  return [...fixed, ...(sent ? narrowed(before, after, at) : promisedLess(before, after, at)), ...below, ...items];
}

/** What a client may no longer send. */
function narrowed(before: Json, after: Json, at: string): string[] {
  const required = textsOf(after.required).filter((name) => !textsOf(before.required).includes(name));
  const lost = before.enum === undefined ? [] : textsOf(before.enum).filter((value) => !textsOf(after.enum).includes(value));
  return [
    ...required.map((name) => `${at}.${name} became required`),
    ...(after.enum !== undefined && before.enum === undefined ? [`${at}: only some values are allowed now`] : []),
    ...(after.enum === undefined ? [] : lost.map((value) => `${at}: the value ${value} is gone`)),
    ...(['minimum', 'minLength', 'minItems'] as const)
      .filter((key) => after[key] !== undefined && Number(after[key]) > Number(before[key] ?? -Infinity))
      .map((key) => `${at}: ${key} rose to ${Number(after[key])}`),
    ...(['maximum', 'maxLength', 'maxItems'] as const)
      .filter((key) => after[key] !== undefined && Number(after[key]) < Number(before[key] ?? Infinity))
      .map((key) => `${at}: ${key} fell to ${Number(after[key])}`),
  ];
}

/** What a client can no longer be sure to receive. */
function promisedLess(before: Json, after: Json, at: string): string[] {
  const now = textsOf(after.required);
  return textsOf(before.required)
    .filter((name) => !now.includes(name))
    .map((name) => `${at}.${name} is no longer always there`);
}
