import type { Leases } from '@slipway/runtime';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Leases shared by every replica on one database. Judged by the database's clock alone, so replicas whose clocks differ still agree. */
export function createLeases(database: Pick<Database, 'db' | 'engine'>): Leases {
  // Only one process opens an embedded database, so whoever held a lease before is gone: after a crash nobody waits for it to run out.
  let cleared: Promise<unknown> | undefined = database.engine === 'pglite' ? undefined : Promise.resolve();
  const clear = (): Promise<unknown> =>
    (cleared ??= sql`delete from leases`.execute(database.db).catch((error: unknown) => {
      cleared = undefined;
      throw error;
    }));
  return {
    async acquire(name, holder, ttlMs) {
      await clear();
      // clock_timestamp, not now(): the statement may have waited for the row's lock.
      const expires = sql`clock_timestamp() + make_interval(secs => ${ttlMs / 1000}::double precision)`;
      const { rows } = await sql`
        insert into leases (name, holder, expires_at) values (${name}, ${holder}, ${expires})
        on conflict (name) do update set holder = excluded.holder, expires_at = ${expires}
        where leases.holder = excluded.holder or leases.expires_at <= clock_timestamp()
        returning name`.execute(database.db);
      return rows.length === 1;
    },
    async release(name, holder) {
      await sql`delete from leases where name = ${name} and holder = ${holder}`.execute(database.db);
    },
  };
}
