import { SlipwayError } from '@slipway/kit';
import { DEFAULT_TENANT, type ApiObject, type ListQuery, scopesMatcher, type WatchEvent } from '@slipway/model';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { objectOf, type ObjectRow } from './rows.ts';
import { fieldsMatch, labelsMatch, parseFieldSelector, parseLabelSelector } from './selectors.ts';

/** One entry of the change log. Objects are shared between watchers: read-only. */
export interface Change {
  readonly rv: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly tenant: string;
  readonly kind: string;
  readonly project: string;
  readonly object: ApiObject;
  readonly prev: ApiObject | undefined;
}

/** The event a watcher sees for a change, if any. */
export type WatchFilter<Event extends WatchEvent = WatchEvent> = (change: Change) => Event | undefined;

/** Whether what a query asks for depends on what an object was before. */
export const selects = ({ labelSelector, fieldSelector, only }: ListQuery): boolean =>
  (labelSelector ?? '') !== '' || (fieldSelector ?? '') !== '' || only !== undefined;

/** As in Kubernetes: an object that starts to match a selector is ADDED for that watcher, one that stops to match is DELETED. */
export function watchFilter(query: ListQuery): WatchFilter {
  const tenant = query.tenant ?? DEFAULT_TENANT;
  const labels = parseLabelSelector(query.labelSelector);
  const fields = parseFieldSelector(query.fieldSelector);
  const visible = query.only === undefined ? undefined : scopesMatcher(query.only);
  const matches = (object: ApiObject) =>
    labelsMatch(labels, object.metadata.labels) && fieldsMatch(fields, object) && (visible === undefined || visible(object));
  return (change) => {
    if (change.kind !== query.kind || change.tenant !== tenant) return undefined;
    if (query.project !== undefined && change.project !== query.project) return undefined;
    if (labels.length === 0 && fields.length === 0 && visible === undefined) return { type: change.type, object: change.object };
    const before = change.prev !== undefined && matches(change.prev);
    if (change.type === 'DELETED') return before ? { type: 'DELETED', object: change.object } : undefined;
    const now = matches(change.object);
    if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
    return before && change.prev !== undefined ? { type: 'DELETED', object: withVersion(change.prev, change.rv) } : undefined;
  };
}

function withVersion(object: ApiObject, rv: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(rv) } };
}

interface ChangeRow {
  readonly at_value: string | number;
  readonly at_compacted: string | number;
  readonly rv: string | number | null;
  readonly type: Change['type'];
  readonly tenant: string;
  readonly kind: string;
  readonly project: string;
  readonly object: ObjectRow;
  readonly prev: ObjectRow | null;
}

export interface ChangePage {
  readonly changes: readonly Change[];
  readonly more: boolean;
  readonly value: number;
  readonly compacted: number;
}

export interface ChangeRange {
  readonly after: number;
  readonly upTo?: number;
  readonly limit: number;
  readonly tenant?: string | undefined;
  readonly kind?: string;
  /** Without what was before: half of the work, for whoever does not select. */
  readonly withoutPrev?: boolean;
}

/** Changes in (after, upTo], of one tenant or of all, of one kind or of all, at most `limit`, with the revision and the compaction of the same moment. */
export async function readChanges(database: Database, range: ChangeRange): Promise<ChangePage> {
  const upTo = range.upTo === undefined ? sql`` : sql` and c.rv <= ${range.upTo}::bigint`;
  const tenant = range.tenant === undefined ? sql`` : sql` and c.tenant = ${range.tenant}`;
  const kind = range.kind === undefined ? sql`` : sql` and c.kind = ${range.kind}`;
  const prev = range.withoutPrev ? sql`null::jsonb as prev` : sql`c.prev`;
  const { rows } = await sql<ChangeRow>`
    select r.value as at_value, r.compacted as at_compacted, page.* from revision r left join lateral (
      select c.rv, c.type, c.tenant, c.kind, c.project, c.object, ${prev} from changes c where c.rv > ${range.after}::bigint${upTo}${tenant}${kind} order by c.rv limit ${range.limit}
    ) page on true where r.id = 1 order by page.rv`.execute(database.db);
  const first = rows[0] as ChangeRow;
  const changes = rows
    .filter((row) => row.rv !== null)
    .map((row) => ({
      rv: Number(row.rv),
      type: row.type,
      tenant: row.tenant,
      kind: row.kind,
      project: row.project,
      object: objectOf(row.object),
      prev: row.prev === null ? undefined : objectOf(row.prev),
    }));
  return { changes, more: changes.length === range.limit, value: Number(first.at_value), compacted: Number(first.at_compacted) };
}

/** A resource version as a number; `Gone` is for versions of another time, this is for text that never was one. */
export function parseResourceVersion(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new SlipwayError('BadRequest', `Invalid resource version "${text}": it is the number a list or an object carries.`);
}

export function goneError(asked: number, compacted: number): SlipwayError {
  return new SlipwayError('Gone', `too old resource version: ${asked} (${compacted})`, {
    hint: 'List again and watch from the resource version of the list.',
  });
}
