import { SlipwayError } from '@slipway/kit';
import { type ApiObject, DEFAULT_TENANT, type FleetReader, type ListQuery, type ObjectList, scopesMatcher } from '@slipway/model';
import { type RawBuilder, sql } from 'kysely';
import { parseResourceVersion } from './changes.ts';
import type { Database } from './database.ts';
import { objectOf, type ObjectRow } from './rows.ts';
import {
  fieldsMatch,
  fieldsSql,
  labelsMatch,
  labelsSql,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  scopesSql,
} from './selectors.ts';
import { knownList } from './writes.ts';

/** Instead of a revision: goes on at the newest one, for a caller who was told that its own is gone and who takes a list of two states. */
const NEWEST = -1;

/** Where the next page goes on: at the state of revision `rv`, after this key. */
interface Continue {
  readonly rv: number;
  readonly after?: readonly [project: string, name: string];
  readonly left?: number;
}

const encode = (token: Continue): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function decode(text: string): Continue {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Continue;
    const [project, name] = token.after ?? ['', ''];
    if (Number.isSafeInteger(token.rv) && typeof project === 'string' && typeof name === 'string') return token;
  } catch {
    // told below
  }
  throw new SlipwayError('BadRequest', 'The continue token is not valid.', { hint: 'Start the list again without it.' });
}

function startOf(query: ListQuery): Continue | undefined {
  if (query.continue !== undefined && query.continue !== '') return decode(query.continue);
  return query.resourceVersion === undefined ? undefined : { rv: parseResourceVersion(query.resourceVersion) };
}

interface PageRow {
  readonly at_value: string | number;
  readonly at_compacted: string | number;
  /** The whole row as one value: fifteen columns are fifteen texts to take apart, for each of five hundred rows. */
  readonly found: ObjectRow | null;
  readonly total?: string | number | null;
}

const rowsOf = (rows: readonly PageRow[]): ObjectRow[] => rows.flatMap(({ found }) => (found === null ? [] : [found]));

/**
 * One page of a list. Every page shows the state of the first one's revision: an object changed since then is read from the `prev` of its first later
 * change in the log. Refused with `Gone` once that part of the log was compacted.
 */
export async function listPage(database: Database, query: ListQuery): Promise<ObjectList> {
  const selection: Selection = { labels: parseLabelSelector(query.labelSelector), fields: parseFieldSelector(query.fieldSelector) };
  // Made first, because it refuses what cannot be selected by.
  const inReach = query.only === undefined ? [] : [scopesSql(query.only)];
  const selected = [...labelsSql(selection.labels), ...fieldsSql(selection.fields), ...inReach];
  const page: Page = { token: startOf(query), limit: query.limit !== undefined && query.limit > 0 ? query.limit : undefined };
  const whole = page.token === undefined && page.limit === undefined;
  const known = whole ? await fromMemory(database, query, selection) : undefined;
  return known ?? fromDatabase(database, query, { ...page, selected });
}

/** Every object of a kind, whosever it is, with the revision of the same moment. */
export async function listEverywhere(database: Database, kind: string): Promise<Awaited<ReturnType<FleetReader['listAll']>>> {
  const { rows } = await sql<PageRow>`
    select r.value as at_value, to_json(page) as found from revision r left join lateral (
      select * from objects o where o.kind = ${kind} order by o.tenant, o.project, o.name
    ) page on true where r.id = 1 order by page.tenant, page.project, page.name`.execute(database.db);
  const items = rowsOf(rows).map((row) => ({ tenant: row.tenant, object: objectOf(row) }));
  return { items, resourceVersion: String((rows[0] as PageRow).at_value) };
}

interface Selection {
  readonly labels: readonly Requirement[];
  readonly fields: readonly Requirement[];
}

interface Page {
  readonly token: Continue | undefined;
  readonly limit: number | undefined;
}

async function fromDatabase(
  database: Database,
  query: ListQuery,
  { token, limit, selected }: Page & { selected: readonly RawBuilder<boolean>[] },
): Promise<ObjectList> {
  const inScope = scopeOf(query);
  const snapshot = token?.rv === NEWEST ? undefined : token;
  const conditions = [
    ...(token?.after === undefined ? [] : [sql<boolean>`(project, name) > (${token.after[0]}::text, ${token.after[1]}::text)`]),
    ...selected,
  ];
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
  const counted = limit !== undefined && token === undefined && selected.length === 0;
  const total = counted ? sql`, (select count(*) from objects o where ${inScope('o')}) as total` : sql``;
  // One statement, so that the revision and the rows are of one moment; the join keeps the revision when there are no rows.
  const { rows } = await sql<PageRow>`
    select r.value as at_value, r.compacted as at_compacted, to_json(page) as found${total}
    from revision r left join lateral (
      select * from (${snapshotSql(inScope, snapshot)}) s where ${where} order by project, name${limit === undefined ? sql`` : sql` limit ${limit + 1}`}
    ) page on true where r.id = 1 order by page.project, page.name`.execute(database.db);
  const first = rows[0] as PageRow;
  if (snapshot !== undefined) checkToken(snapshot, first);
  const rv = snapshot?.rv ?? Number(first.at_value);
  const found = rowsOf(rows);
  const items = limit === undefined ? found : found.slice(0, limit);
  const before = token?.left ?? (counted ? Number(first.total) : undefined);
  const list = { items: items.map((row) => objectOf(row)), resourceVersion: String(rv) };
  return found.length === items.length ? list : { ...list, ...rest(items, rv, before) };
}

/** A whole list without the database, where this process knows what is in it. */
async function fromMemory(database: Database, query: ListQuery, { labels, fields }: Selection): Promise<ObjectList | undefined> {
  const known = await knownList(database, query.tenant ?? DEFAULT_TENANT, query.kind);
  if (!known) return undefined;
  const visible = query.only === undefined ? () => true : scopesMatcher(query.only);
  const matches = (object: ApiObject) =>
    visible(object) &&
    (query.project === undefined || (object.metadata.namespace ?? '') === query.project) &&
    labelsMatch(labels, object.metadata.labels) &&
    fieldsMatch(fields, object);
  return { items: known.rows.map(({ object }) => object).filter(matches), resourceVersion: String(known.revision) };
}

/** How the list goes on after a page that is not the last. */
function rest(items: readonly ObjectRow[], rv: number, before: number | undefined): Pick<ObjectList, 'continue' | 'remainingItemCount'> {
  const last = items.at(-1);
  if (last === undefined) return {};
  const left = before === undefined ? undefined : before - items.length;
  const after = [last.project, last.name] as const;
  return left === undefined ? { continue: encode({ rv, after }) } : { continue: encode({ rv, after, left }), remainingItemCount: left };
}

type Scope = (alias: string) => RawBuilder<unknown>;

function scopeOf(query: ListQuery): Scope {
  return (alias) => {
    const column = (name: string) => sql.ref(`${alias}.${name}`);
    const project = query.project === undefined ? sql`` : sql` and ${column('project')} = ${query.project}`;
    return sql`${column('tenant')} = ${query.tenant ?? DEFAULT_TENANT} and ${column('kind')} = ${query.kind}${project}`;
  };
}

/** The rows as they are, or as they were at the token's revision. */
function snapshotSql(inScope: Scope, token: Continue | undefined): RawBuilder<unknown> {
  if (token === undefined) return sql`select o.* from objects o where ${inScope('o')}`;
  return sql`select o.* from objects o where ${inScope('o')} and o.resource_version <= ${token.rv}::bigint
    union all
    select p.* from (
      select distinct on (c.tenant, c.kind, c.project, c.name) c.prev from changes c
      where ${inScope('c')} and c.rv > ${token.rv}::bigint order by c.tenant, c.kind, c.project, c.name, c.rv
    ) first_change, jsonb_populate_record(null::objects, first_change.prev) p
    where first_change.prev is not null`;
}

function checkToken(token: Continue, row: PageRow): void {
  if (token.rv >= Number(row.at_compacted) && token.rv <= Number(row.at_value)) return;
  if (token.after === undefined) {
    throw new SlipwayError('Gone', 'The state of that resource version is no longer kept, or never was.', { hint: 'List without it.' });
  }
  throw new SlipwayError('Gone', 'The continue token is too old: the state its list began with is no longer kept.', {
    hint: 'Start the list again without it, or go on with the continue token of this answer: the rest is then of a newer state than the pages before.',
    continueToken: encode({ rv: NEWEST, after: token.after }),
  });
}
