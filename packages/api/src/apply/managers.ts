import { emptySet, type FieldSet, fromFieldsV1, isEmpty, toFieldsV1, union } from './field-set.ts';

/** One owner of fields: an entry of `metadata.managedFields`. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** Who writes, and when. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  /** RFC 3339 in whole seconds. */
  readonly time: string;
}

interface Entry {
  readonly manager?: unknown;
  readonly operation?: unknown;
  readonly apiVersion?: unknown;
  readonly time?: unknown;
  readonly fieldsType?: unknown;
  readonly fieldsV1?: unknown;
  readonly subresource?: unknown;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The managers of `metadata.managedFields`; undefined when an entry is not one Kubernetes would have written. */
export function managersOf(entries: readonly unknown[] | undefined): Manager[] | undefined {
  const managers: Manager[] = [];
  for (const entry of (entries ?? []) as readonly (Entry | null)[]) {
    if (entry === null || typeof entry !== 'object') return undefined;
    const { operation } = entry;
    const fields = fromFieldsV1(entry.fieldsV1 ?? {});
    if ((operation !== 'Apply' && operation !== 'Update') || text(entry.apiVersion) === '' || entry.fieldsType !== 'FieldsV1')
      return undefined;
    if (fields === undefined) return undefined;
    managers.push({
      manager: text(entry.manager),
      operation,
      apiVersion: text(entry.apiVersion),
      subresource: text(entry.subresource),
      time: text(entry.time) === '' ? undefined : text(entry.time),
      fields,
    });
  }
  return managers;
}

const seconds = (time: string | undefined): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `metadata.managedFields` of the managers that own something, in Kubernetes' order. */
export function entriesOf(managers: readonly Manager[]): unknown[] {
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .toSorted(
      (a, b) =>
        compareText(a.operation, b.operation) ||
        seconds(a.time) - seconds(b.time) ||
        compareText(a.manager, b.manager) ||
        compareText(a.apiVersion, b.apiVersion) ||
        compareText(a.subresource, b.subresource),
    )
    .map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
}

/** The same owner: an applier whatever version it applies in, an updater for each version of its own. */
export const isSameManager = (a: Manager, b: Manager): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

export const managerFor = (writer: Writer, operation: 'Apply' | 'Update'): Manager => ({
  manager: writer.manager,
  operation,
  apiVersion: writer.apiVersion,
  subresource: writer.subresource ?? '',
  time: writer.time,
  fields: emptySet(),
});

const MOST_UPDATERS = 10;
const OLDEST = 'ancient-changes';

/** At most ten updaters: the oldest become one, so that objects written by ever new programs do not grow without end. */
export function capped(managers: readonly Manager[]): Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  const excess = updaters.length - MOST_UPDATERS;
  if (excess <= 0) return [...managers];
  const oldest = updaters.toSorted((a, b) => seconds(a.time) - seconds(b.time) || compareText(a.manager, b.manager)).slice(0, excess + 1);
  const byVersion = Map.groupBy(oldest, ({ apiVersion }) => apiVersion);
  const merged = [...byVersion.values()].flatMap((group) => {
    if (group.length === 1) return group;
    const last = group.at(-1) as Manager;
    return [{ ...last, manager: OLDEST, subresource: '', fields: group.map(({ fields }) => fields).reduce(union) }];
  });
  return [...managers.filter((manager) => !oldest.includes(manager)), ...merged];
}

/** How an owner is named in a conflict. */
export function managerWords({ manager, operation, apiVersion, subresource }: Manager): string {
  const named = `"${manager}"${subresource === '' ? '' : ` with subresource "${subresource}"`}`;
  return operation === 'Update' ? `${named} using ${apiVersion}` : named;
}
