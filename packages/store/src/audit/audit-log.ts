import type { Clock } from '@slipway/kit';
import type { AuditBody, AuditCheckpoint, ChainedRecord } from '@slipway/model';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { appended, pendingRecord } from './append.ts';
import type { AuditSigner } from './signer.ts';

export interface AuditQuery {
  readonly tenant: string;
  /** Records after this number, oldest first; or before it, newest first. */
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
  readonly actor?: string;
  readonly verb?: string;
  readonly resource?: string;
  readonly project?: string;
  readonly name?: string;
  readonly outcome?: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  /** A part of the body, as it is written. */
  readonly text?: string;
}

export interface AuditLog {
  /** Adds a record that belongs to no change of an object; `on` joins it to the transaction of what it tells, so that neither is without the other. */
  append(tenant: string, body: AuditBody, on?: Kysely<unknown>): Promise<number>;
  /** With `before` (or no place) newest first, with `after` oldest first. */
  list(query: AuditQuery): Promise<ChainedRecord[]>;
  get(tenant: string, seq: number): Promise<ChainedRecord | undefined>;
  head(tenant: string): Promise<{ readonly seq: number; readonly hash: string } | undefined>;
  checkpoints(tenant: string): Promise<AuditCheckpoint[]>;
  /** Signs every head that grew since it was signed last; the new checkpoints. */
  anchor(): Promise<AuditCheckpoint[]>;
  /** Takes away records older than the time, but none that a sink still has to deliver, and leaves a signed receipt. How many went. */
  prune(before: string, keepAfter?: ReadonlyMap<string, number>): Promise<number>;
  tenants(): Promise<string[]>;
  /** The newest number of every chain. */
  heads(): Promise<ReadonlyMap<string, number>>;
}

interface RecordRow {
  readonly seq: string | number;
  readonly prev: string;
  readonly hash: string;
  readonly resource_version: string | number | null;
  readonly body: string;
}

interface CheckpointRow extends Omit<AuditCheckpoint, 'seq' | 'keyId'> {
  readonly seq: string | number;
  readonly key_id: string;
}

/** Signed heads that are kept for each tenant: enough to say since when something is wrong. */
const HEADS_KEPT = 1000;

const recordOf = (row: RecordRow): ChainedRecord => ({
  seq: Number(row.seq),
  prev: row.prev,
  hash: row.hash,
  resourceVersion: row.resource_version === null ? '' : String(row.resource_version),
  body: row.body,
});

export function createAuditLog(deps: { database: Database; signer: AuditSigner; clock: Clock }): AuditLog {
  const { db } = deps.database;
  const write = (checkpoint: AuditCheckpoint): RawBuilder<unknown> => sql`
    insert into audit_checkpoints (tenant, seq, kind, hash, at, key_id, signature)
    values (${checkpoint.tenant}, ${checkpoint.seq}, ${checkpoint.kind}, ${checkpoint.hash}, ${checkpoint.at}, ${checkpoint.keyId}, ${checkpoint.signature})
    on conflict do nothing`;
  const now = () => new Date(deps.clock.now()).toISOString();

  return {
    async append(tenant, body, on = db) {
      const record = pendingRecord(tenant, body);
      const { rows } = await sql<{ seq: string | number }>`
        with one as (select 1 as x), ${appended(record, { source: 'one' })} select seq from recorded`.execute(on);
      return Number(rows[0]?.seq);
    },
    async list(query) {
      const oldestFirst = query.after !== undefined;
      const { rows } = await sql<RecordRow>`
        select seq, prev, hash, resource_version, body from audit_records where tenant = ${query.tenant}${conditions(query)}
        order by seq ${sql.raw(oldestFirst ? 'asc' : 'desc')} limit ${query.limit}`.execute(db);
      return rows.map(recordOf);
    },
    async get(tenant, seq) {
      const { rows } = await sql<RecordRow>`
        select seq, prev, hash, resource_version, body from audit_records where tenant = ${tenant} and seq = ${seq}`.execute(db);
      return rows[0] && recordOf(rows[0]);
    },
    async head(tenant) {
      const { rows } = await sql<{ seq: string | number; hash: string }>`
        select seq, hash from audit_heads where tenant = ${tenant}`.execute(db);
      return rows[0] && { seq: Number(rows[0].seq), hash: rows[0].hash };
    },
    async checkpoints(tenant) {
      const { rows } = await sql<CheckpointRow>`
        select tenant, seq, kind, hash, at, key_id, signature from audit_checkpoints where tenant = ${tenant} order by seq`.execute(db);
      return rows.map(({ key_id, seq, ...row }) => ({ ...row, seq: Number(seq), keyId: key_id }));
    },
    async anchor() {
      const { rows } = await sql<{ tenant: string; seq: string | number; hash: string }>`
        select h.tenant, h.seq, h.hash from audit_heads h where not exists (
          select 1 from audit_checkpoints c where c.tenant = h.tenant and c.kind = 'head' and c.seq >= h.seq)`.execute(db);
      const made: AuditCheckpoint[] = [];
      for (const { tenant, seq, hash } of rows) {
        const checkpoint = deps.signer.sign({ tenant, seq: Number(seq), hash, kind: 'head', at: now() });
        await write(checkpoint).execute(db);
        await sql`delete from audit_checkpoints where tenant = ${tenant} and kind = 'head' and seq not in (
          select seq from audit_checkpoints where tenant = ${tenant} and kind = 'head' order by seq desc limit ${HEADS_KEPT})`.execute(db);
        made.push(checkpoint);
      }
      return made;
    },
    async prune(before, keepAfter = new Map()) {
      let gone = 0;
      for (const tenant of await tenants()) {
        gone += await db.transaction().execute(async (trx) => {
          const limit = keepAfter.get(tenant) ?? Number.MAX_SAFE_INTEGER;
          // Only a prefix: the first record that must stay ends it, whatever clocks said later. The newest record stays always.
          const { rows } = await sql<{ seq: string | number; hash: string }>`
            select seq, hash from audit_records where tenant = ${tenant} and seq <= ${limit} and seq < least(
              (select min(seq) from audit_records where tenant = ${tenant} and at >= ${before}::timestamptz),
              (select max(seq) from audit_records where tenant = ${tenant}))
            order by seq desc limit 1`.execute(trx);
          const last = rows[0];
          if (last === undefined) return 0;
          const seq = Number(last.seq);
          await write(deps.signer.sign({ tenant, seq, hash: last.hash, kind: 'pruned', at: now() })).execute(trx);
          await sql`select set_config('slipway.audit_prune', 'on', true)`.execute(trx);
          const { rows: deleted } = await sql<{ gone: string | number }>`
            with d as (delete from audit_records where tenant = ${tenant} and seq <= ${seq} returning 1) select count(*) as gone from d`.execute(
            trx,
          );
          await sql`select set_config('slipway.audit_prune', 'off', true)`.execute(trx);
          await sql`delete from audit_checkpoints where tenant = ${tenant} and seq < ${seq}`.execute(trx);
          return Number(deleted[0]?.gone ?? 0);
        });
      }
      return gone;
    },
    tenants,
    async heads() {
      const { rows } = await sql<{ tenant: string; seq: string | number }>`select tenant, seq from audit_heads`.execute(db);
      return new Map(rows.map(({ tenant, seq }) => [tenant, Number(seq)]));
    },
  };

  async function tenants(): Promise<string[]> {
    const { rows } = await sql<{ tenant: string }>`select tenant from audit_heads order by tenant`.execute(db);
    return rows.map((row) => row.tenant);
  }
}

function conditions(query: AuditQuery): RawBuilder<unknown> {
  const equal = (['actor', 'verb', 'resource', 'project', 'name', 'outcome'] as const).flatMap((column) =>
    query[column] === undefined ? [] : [sql` and ${sql.ref(column)} = ${query[column]}`],
  );
  return sql.join(
    [
      ...equal,
      query.after === undefined ? sql`` : sql` and seq > ${query.after}`,
      query.before === undefined ? sql`` : sql` and seq < ${query.before}`,
      query.since === undefined ? sql`` : sql` and at >= ${query.since}::timestamptz`,
      query.until === undefined ? sql`` : sql` and at < ${query.until}::timestamptz`,
      query.text === undefined ? sql`` : sql` and position(lower(${query.text}) in lower(body)) > 0`,
    ],
    sql``,
  );
}
