import { API_VERSION, type ApiObject, type Column, type Kind } from '@slipway/model';

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: object;
  readonly columnDefinitions: readonly ColumnDefinition[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: unknown }[];
}

/** Whether rows carry the object, its metadata, or nothing. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** An age as kubectl writes it: `12s`, `3m20s`, `5h`, `2d4h`. Mirrors apimachinery's duration.HumanDuration: two units while the first one is small. */
export function humanAge(from: string | undefined, now: number): string {
  const ms = from === undefined ? Number.NaN : now - Date.parse(from);
  if (Number.isNaN(ms)) return '<unknown>';
  if (ms < 1000) return ms < -1000 ? '<invalid>' : '0s';
  if (ms < 120_000) return `${Math.floor(ms / 1000)}s`;
  const index = UNITS.findIndex(
    ([name, unit]) => ms >= unit * (name === 'y' || name === 'd' || name === 'm' ? 2 : 1) * (name === 'h' ? 3 : 1),
  );
  const [name, unit] = UNITS[index] ?? (['s', 1000] as const);
  const whole = Math.floor(ms / unit);
  const smaller = UNITS[index + 1];
  const limit = { y: 8, d: 8, h: 8, m: 10, s: 0 }[name] ?? 0;
  if (smaller === undefined || whole >= limit) return `${whole}${name}`;
  const rest = Math.floor((ms % unit) / smaller[1]);
  return rest === 0 ? `${whole}${name}` : `${whole}${name}${rest}${smaller[0]}`;
}

function cell(column: Column, object: ApiObject, now: number): unknown {
  let value: string | number | undefined;
  try {
    value = column.value(object);
  } catch {
    // A half-written status must not break the whole list.
    value = undefined;
  }
  if (column.type === 'date') return humanAge(value === undefined ? undefined : String(value), now);
  return value ?? (column.type === 'integer' ? null : '');
}

/** The Table answer kubectl prints: NAME, the kind's own columns, AGE. */
export function tableOf(
  kind: Pick<Kind, 'columns'>,
  objects: readonly ApiObject[],
  options: { metadata: object; include: IncludeObject; now: number },
): Table {
  const own = kind.columns.map((column) => ({
    name: column.name,
    type: column.type === 'integer' ? 'integer' : 'string',
    format: '',
    description: column.description ?? '',
    priority: column.wide ? 1 : 0,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', priority: 0 },
      ...own,
      { name: 'Age', type: 'string', format: '', description: 'Time since it was created.', priority: 0 },
    ],
    rows: objects.map((object) => ({
      cells: [
        object.metadata.name,
        ...kind.columns.map((column) => cell(column, object, options.now)),
        humanAge(object.metadata.creationTimestamp, options.now),
      ],
      ...(options.include === 'None' ? {} : { object: options.include === 'Object' ? object : partialMetadata(object) }),
    })),
  };
}

export function partialMetadata(object: ApiObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** How an answer is wanted, from the Accept header. */
export type Representation = 'object' | 'table' | 'metadata';

export function representationOf(accept: string | undefined): Representation {
  for (const part of (accept ?? '').split(',')) {
    const [type, ...params] = part.split(';').map((text) => text.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = params.find((param) => param.startsWith('as='))?.slice(3);
    const version = params.find((param) => param.startsWith('v='))?.slice(2);
    if (as === undefined) return 'object';
    if (as === 'Table' && version === 'v1') return 'table';
    if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && version === 'v1') return 'metadata';
  }
  return 'object';
}

/** One object or a list in the wanted representation. */
export function represent(
  kind: Pick<Kind, 'kind' | 'columns'>,
  content: { object: ApiObject } | { items: readonly ApiObject[]; metadata: object },
  how: { as: Representation; include: IncludeObject; now: number; apiVersion?: string },
): object {
  const apiVersion = how.apiVersion ?? API_VERSION;
  if ('object' in content) {
    if (how.as === 'table') {
      const metadata = { resourceVersion: content.object.metadata.resourceVersion };
      return tableOf(kind, [content.object], { metadata, include: how.include, now: how.now });
    }
    return how.as === 'metadata' ? partialMetadata(content.object) : content.object;
  }
  const { items, metadata } = content;
  if (how.as === 'table') return tableOf(kind, items, { metadata, include: how.include, now: how.now });
  if (how.as === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partialMetadata) };
  return { kind: `${kind.kind}List`, apiVersion, metadata, items };
}
