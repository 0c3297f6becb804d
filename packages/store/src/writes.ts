import { SlipwayError } from '@slipway/kit';
import { type RawBuilder, sql } from 'kysely';
import { appended, type PendingRecord } from './audit/append.ts';
import type { Database } from './database.ts';
import type { KnownRow, Written } from './known-rows.ts';
import { jsonb, objectOf, type ObjectRow, type RowKey } from './rows.ts';
import type { Sealed } from './secrets/vault.ts';

/** Replicas of the hub wake each other over this channel. */
export const CHANGES_CHANNEL = 'slipway_changes';

/** What is stored with a change or not at all. */
export interface WriteExtras {
  /** The new envelope of the object's secrets; null when it has none any more, undefined when they stay. */
  readonly sealed?: Sealed | null | undefined;
  readonly record?: PendingRecord | undefined;
  /** What has to hold in the transaction of the change; it may refuse. */
  readonly within?: Guarded | undefined;
}

/** Runs a write in a transaction of its own, on its connection. */
export type Guarded = <T>(write: (db: Database['db']) => Promise<T>) => Promise<T>;

// Each write is one statement: it takes its number from `revision` (whose row lock it holds until it commits), writes the object and the change log.
const nextRevision = sql`rv as (update revision set value = value + 1 where id = 1 returning value)`;

const keyIs = (key: RowKey) =>
  sql`o.tenant = ${key.tenant} and o.kind = ${key.kind} and o.project = ${key.project} and o.name = ${key.name}`;

function logged(
  database: Database,
  type: string,
  from: { source: string; object: RawBuilder<unknown>; prev: RawBuilder<unknown>; extras: WriteExtras },
) {
  const { sealed, record } = from.extras;
  const audit = record === undefined ? sql`` : sql`, ${appended(record, { source: 'log', resourceVersion: 'log.rv' })}`;
  const source = sql.raw(from.source);
  // The row as it was stored, for watches here and for who remembers it; other replicas hear how far the log goes now.
  const news = database.engine === 'postgres' ? sql`, pg_notify(${CHANGES_CHANNEL}, log.rv::text)` : sql``;
  const answer = sql`log.rv, n.*${news} from log, n`;
  return sql`log as (
    insert into changes (rv, type, tenant, kind, project, name, object, prev)
    select rv.value, ${type}, n.tenant, n.kind, n.project, n.name, ${from.object}, ${from.prev} from rv, ${source}
    returning rv
  )${secretsWith(sealed)}${audit} select ${answer}`;
}

/** The envelope goes with the row that was written: no row, no envelope. */
function secretsWith(sealed: Sealed | null | undefined): RawBuilder<unknown> {
  if (sealed === undefined) return sql``;
  if (sealed === null) return sql`, forgotten as (delete from secret_values s using n where s.tenant = n.tenant and s.uid = n.uid)`;
  return sql`, kept as (
    insert into secret_values (tenant, uid, key_id, envelope) select n.tenant, n.uid, ${sealed.keyId}, ${sealed.envelope}::jsonb from n
    on conflict (tenant, uid) do update set key_id = excluded.key_id, envelope = excluded.envelope, updated_at = now()
  )`;
}

/** Runs a write: the row as it was stored, or undefined when nothing was written. */
async function written(
  database: Database,
  key: RowKey,
  statement: RawBuilder<unknown>,
  { removes = false, within }: { removes?: boolean; within?: Guarded | undefined } = {},
): Promise<Written | undefined> {
  const run = async (): Promise<Written | undefined> => {
    const execute = (db: Database['db']) => (statement as RawBuilder<ObjectRow & { rv: string | number; pg_notify?: unknown }>).execute(db);
    const { rows } = await (within ? within(execute) : execute(database.db));
    if (rows[0] === undefined) return undefined;
    const { rv, pg_notify: _news, ...row } = rows[0];
    return removes ? { rv: String(rv), removed: true } : { rv: String(rv), row };
  };
  return database.known ? database.known.write(key, run) : run();
}

/** Stores a new row; undefined when the name is taken. */
export function insertRow(database: Database, row: ObjectRow, extras: WriteExtras = {}): Promise<Written | undefined> {
  return written(
    database,
    row,
    sql`with ${nextRevision},
    n as (
      insert into objects (tenant, kind, project, name, uid, resource_version, generation, created_at, deletion_timestamp, labels, metadata, spec, status, created_by)
      select ${row.tenant}, ${row.kind}, ${row.project}, ${row.name}, ${row.uid}, rv.value, ${row.generation}::bigint, ${row.created_at}, null,
        ${jsonb(row.labels)}::jsonb, ${jsonb(row.metadata)}::jsonb, ${jsonb(row.spec)}::jsonb, ${row.status === null ? null : jsonb(row.status)}::jsonb, ${row.created_by}
      from rv on conflict do nothing returning *
    ), ${logged(database, 'ADDED', { source: 'n', object: sql`to_jsonb(n.*)`, prev: sql`null::jsonb`, extras })}`,
    extras,
  );
}

/** Replaces a row that is still at `old`'s resource version; undefined when it is not. */
export function replaceRow(database: Database, old: ObjectRow, row: ObjectRow, extras: WriteExtras = {}): Promise<Written | undefined> {
  return written(
    database,
    old,
    sql`with ${nextRevision},
    before as (select o.* from objects o where ${keyIs(old)} and o.resource_version = ${old.resource_version}::bigint),
    n as (
      update objects o set resource_version = rv.value, generation = ${row.generation}::bigint, deletion_timestamp = ${row.deletion_timestamp},
        labels = ${jsonb(row.labels)}::jsonb, metadata = ${jsonb(row.metadata)}::jsonb, spec = ${jsonb(row.spec)}::jsonb,
        status = ${row.status === null ? null : jsonb(row.status)}::jsonb
      from rv where ${keyIs(old)} and o.resource_version = ${old.resource_version}::bigint returning o.*
    ), ${logged(database, 'MODIFIED', { source: 'n, before', object: sql`to_jsonb(n.*)`, prev: sql`to_jsonb(before.*)`, extras })}`,
    extras,
  );
}

/** Removes a row that is still at `old`'s resource version; `last` is the state its DELETED event shows. */
export function removeRow(database: Database, old: ObjectRow, last: ObjectRow, extras: WriteExtras = {}): Promise<Written | undefined> {
  const final = jsonb({
    generation: Number(last.generation),
    labels: last.labels,
    metadata: last.metadata,
    spec: last.spec,
    deletion_timestamp: last.deletion_timestamp,
  });
  return written(
    database,
    old,
    sql`with ${nextRevision},
    n as (delete from objects o using rv where ${keyIs(old)} and o.resource_version = ${old.resource_version}::bigint returning o.*),
    ${logged(database, 'DELETED', {
      source: 'n',
      object: sql`to_jsonb(n.*) || ${final}::jsonb || jsonb_build_object('resource_version', rv.value)`,
      prev: sql`to_jsonb(n.*)`,
      extras: { ...extras, sealed: null },
    })}`,
    { removes: true, within: extras.within },
  );
}

/** The row and the object of a key. On a database that only this process writes both may be shared: read-only. */
export async function readRow(database: Database, key: RowKey): Promise<KnownRow | undefined> {
  const known = database.known?.get(key);
  if (known !== undefined) return known === 'absent' ? undefined : known;
  const load = async () => (await sql<ObjectRow>`select o.* from objects o where ${keyIs(key)}`.execute(database.db)).rows[0];
  if (database.known) return database.known.read(key, load);
  const row = await load();
  return row && { row, object: objectOf(row) };
}

/** Every object of a kind by project and name, if that is cheaper than to ask the database; undefined otherwise. */
export async function knownList(database: Database, tenant: string, kind: string) {
  const { known } = database;
  return (
    known?.all(tenant, kind) ??
    known?.readAll(tenant, kind, async (limit) => {
      const { rows } = await sql<ObjectRow & { at_value: string | number }>`
        select r.value as at_value, o.* from revision r left join lateral (
          select * from objects where tenant = ${tenant} and kind = ${kind} limit ${limit}
        ) o on true where r.id = 1`.execute(database.db);
      const found = rows.filter((row) => row.uid !== null).map(({ at_value: _value, ...row }) => row);
      return { rows: found, revision: Number(rows[0]?.at_value ?? 0) };
    })
  );
}

export interface Revision {
  readonly value: number;
  readonly compacted: number;
}

export async function readRevision(database: Database): Promise<Revision> {
  const { rows } = await sql<{ value: string; compacted: string }>`select value, compacted from revision where id = 1`.execute(database.db);
  const row = rows[0];
  if (row === undefined) throw new SlipwayError('Internal', 'The database has no revision row: it was not migrated.');
  return { value: Number(row.value), compacted: Number(row.compacted) };
}
