import { canonicalJson } from '@slipway/kit';
import { AUDIT_GENESIS, type AuditBody } from '@slipway/model';
import { type RawBuilder, sql } from 'kysely';

/** A record that waits to be written: its number and hash come with the transaction. */
export interface PendingRecord {
  readonly tenant: string;
  /** Canonical JSON of an {@link AuditBody}. */
  readonly body: string;
  readonly time: string;
}

export function pendingRecord(tenant: string, body: AuditBody): PendingRecord {
  return { tenant, body: canonicalJson(storable(body)), time: body.time };
}

/** PostgreSQL's JSON holds neither NUL nor half of a surrogate pair; in a user agent or a path they are shown as the replacement character. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD');
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), storable(item)]));
}

/**
 * Common table expressions that add a record to its tenant's chain, for the statement that makes the change: `from` yields one row when the change happened, and none
 * when it did not. The row of the head is locked until the transaction ends, so numbers have no gaps and the hash before is the one that is committed before.
 */
export function appended(record: PendingRecord, from: { readonly source: string; readonly resourceVersion?: string }): RawBuilder<unknown> {
  const source = sql.raw(from.source);
  const version = from.resourceVersion === undefined ? sql`null::bigint` : sql.raw(from.resourceVersion);
  const hashed = (seq: RawBuilder<unknown>, prev: RawBuilder<unknown>) =>
    sql`encode(sha256(convert_to(${seq} || E'\n' || ${prev} || E'\n' || coalesce(c.rv::text, '') || E'\n' || c.body, 'UTF8')), 'hex')`;
  return sql`change as (select ${version} as rv, ${record.body}::text as body from ${source} limit 1),
    head as (
      insert into audit_heads as h (tenant, seq, prev, hash)
      select ${record.tenant}, 1, ${AUDIT_GENESIS}, ${hashed(sql`'1'`, sql`${AUDIT_GENESIS}::text`)} from change c
      on conflict (tenant) do update set seq = h.seq + 1, prev = h.hash, hash = (
        select ${hashed(sql`(h.seq + 1)::text`, sql`h.hash`)} from change c)
      returning seq, prev, hash
    ),
    recorded as (
      insert into audit_records (tenant, seq, prev, hash, resource_version, body, at)
      select ${record.tenant}, head.seq, head.prev, head.hash, c.rv, c.body, ${record.time}::timestamptz from head, change c
      returning seq
    )`;
}
