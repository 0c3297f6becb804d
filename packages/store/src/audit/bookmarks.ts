import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** How far a sink has come in the chain of a tenant. */
export interface AuditBookmark {
  /** Everything up to here is confirmed or was not wanted. */
  readonly seq: number;
  /** The end of the batch that is on its way. */
  readonly pending: number | undefined;
  readonly delivered: number;
  readonly lost: number;
}

export interface BookmarkKey {
  /** The sink's uid: a sink that is made anew begins anew. */
  readonly sink: string;
  readonly tenant: string;
}

export interface AuditBookmarks {
  /** The bookmark; made at `start` when there is none. */
  open(key: BookmarkKey, start: number): Promise<AuditBookmark>;
  /** Writes down which batch is sent next, before it is sent. False when somebody else moved the bookmark: this process is no longer the one that delivers. */
  announce(key: BookmarkKey, batch: { readonly after: number; readonly upTo: number; readonly lost: number }): Promise<boolean>;
  /** The announced batch was confirmed, but for records that the other side does not want. False as above. */
  confirm(
    key: BookmarkKey,
    batch: { readonly after: number; readonly upTo: number; readonly records: number; readonly lost: number },
  ): Promise<boolean>;
  /** Up to which record every sink of a tenant has everything: what retention may take. */
  delivered(): Promise<ReadonlyMap<string, number>>;
  /** Forgets places of sinks that are gone. */
  prune(): Promise<void>;
}

interface Row {
  readonly seq: string | number;
  readonly pending: string | number | null;
  readonly delivered: string | number;
  readonly lost: string | number;
}

const bookmarkOf = (row: Row): AuditBookmark => ({
  seq: Number(row.seq),
  pending: row.pending === null ? undefined : Number(row.pending),
  delivered: Number(row.delivered),
  lost: Number(row.lost),
});

export function createAuditBookmarks({ db }: Pick<Database, 'db'>): AuditBookmarks {
  return {
    async open({ sink, tenant }, start) {
      const read = async () =>
        (await sql<Row>`select seq, pending, delivered, lost from audit_bookmarks where sink = ${sink} and tenant = ${tenant}`.execute(db))
          .rows[0];
      const known = await read();
      if (known !== undefined) return bookmarkOf(known);
      await sql`insert into audit_bookmarks (sink, tenant, seq) values (${sink}, ${tenant}, ${start}) on conflict do nothing`.execute(db);
      return bookmarkOf((await read()) as Row);
    },
    async announce({ sink, tenant }, { after, upTo, lost }) {
      const { rows } = await sql`
        update audit_bookmarks set pending = ${upTo}, lost = lost + ${lost}, updated_at = now()
        where sink = ${sink} and tenant = ${tenant} and seq = ${after} and pending is null returning 1`.execute(db);
      return rows.length === 1;
    },
    async confirm({ sink, tenant }, { after, upTo, records, lost }) {
      const { rows } = await sql`
        update audit_bookmarks set seq = pending, pending = null, delivered = delivered + ${records}, lost = lost + ${lost}, updated_at = now()
        where sink = ${sink} and tenant = ${tenant} and seq = ${after} and pending = ${upTo} returning 1`.execute(db);
      return rows.length === 1;
    },
    async delivered() {
      // A sink that has not begun yet needs everything, unless it wants to begin with what comes.
      const { rows } = await sql<{ tenant: string; seq: string | number }>`
        select h.tenant, min(coalesce(b.seq, case when o.spec ->> 'start' = 'now' then h.seq else 0 end)) as seq
        from audit_heads h
        join objects o on o.kind = 'AuditSink' and (o.tenant = h.tenant or o.spec -> 'allTenants' = 'true'::jsonb)
        left join audit_bookmarks b on b.sink = o.uid and b.tenant = h.tenant
        group by h.tenant`.execute(db);
      return new Map(rows.map(({ tenant, seq }) => [tenant, Number(seq)]));
    },
    async prune() {
      await sql`delete from audit_bookmarks b where not exists (select 1 from objects o where o.kind = 'AuditSink' and o.uid = b.sink)`.execute(
        db,
      );
    },
  };
}
