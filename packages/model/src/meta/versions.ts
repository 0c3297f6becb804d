import type { Column, Content, Kind, KindVersion } from './define-kind.ts';
import { apiVersionOf } from './group.ts';
import { API_VERSION, type ApiObject, VERSION } from './object.ts';

export { apiVersionOf } from './group.ts';

/** A kind as every version has it that it is served in, the stored one first. */
export const versionsOf = (kind: Kind): Kind[] => [kind, ...kind.versions.map((version) => shownAs(kind, version))];

const versionOf = (kind: Kind, name: string): KindVersion | undefined => kind.versions.find((version) => version.name === name);

/** The warning that every request in a version is answered with; undefined when it is not deprecated. */
export function deprecationOf(kind: Kind): string | undefined {
  if (!versionOf(kind, kind.version)?.deprecated) return undefined;
  return `${apiVersionOf(kind)} ${kind.kind} is deprecated; use ${API_VERSION} ${kind.kind}`;
}

/** The same kind as another version has it: its schemas, columns and selectable fields. Undefined when it is not served in that version. */
export const inVersion = (kind: Kind, name: string): Kind | undefined => versionsOf(kind).find(({ version }) => version === name);

function shownAs(kind: Kind, version: KindVersion): Kind {
  const { name, spec, status, columns, selectableFields = {} } = version;
  const shown: Kind = { ...kind, version: name, spec, status, selectableFields: Object.keys(selectableFields) };
  return { ...shown, columns: columns ?? kind.columns.map((column) => ofStored(shown, column)) };
}

const ofStored = (kind: Kind, column: Column): Column => ({ ...column, value: (object) => column.value(toStored(kind, object)) });

/** A stored object as a version of its kind shows it. */
export function toShown(kind: Kind, object: ApiObject): ApiObject {
  const version = versionOf(kind, kind.version);
  return version === undefined ? object : converted(object, kind.version, version.show);
}

/** An object of a version as it is stored. */
export function toStored(kind: Kind, object: ApiObject): ApiObject {
  const version = versionOf(kind, kind.version);
  return version === undefined ? object : converted(object, VERSION, version.store);
}

function converted(object: ApiObject, version: string, convert: (content: Content) => Content): ApiObject {
  const { spec, status } = convert({ spec: object.spec, status: object.status });
  const { status: _before, ...rest } = object;
  return { ...rest, apiVersion: apiVersionOf({ version }), spec, ...(status === undefined ? {} : { status }) };
}

/** The stored field that a version's selector names. */
export const storedField = (kind: Kind, field: string): string => versionOf(kind, kind.version)?.selectableFields?.[field] ?? field;
