import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';

const EVERY_MS = 10_000;
/** As PostgreSQL's autovacuum has them: rows that changed, beside a part of all rows. */
const ROWS = 50;
const CHANGED = 0.1;
const DEAD = 0.2;
/** What was counted is forgotten when the process is killed; how large a table was at its last vacuum is not. */
const GROWN = 1.5;
const PAGES = 64;
/** Of the planner's statistics: 300 rows are looked at for each. */
const SAMPLE = 20;

/**
 * What PostgreSQL's autovacuum does and the embedded one, which has no processes in the background, does not: the space of rows that are gone is used again, and
 * what the planner knows follows the tables. Without it a statement that was prepared while a table was empty may read all of it for ever, and the files grow with
 * every update. Gives the tables that it saw to.
 */
export async function keepUp(db: Kysely<unknown>): Promise<string[]> {
  // Otherwise counts are passed on when a server is idle, which this one never is.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const { rows } = await sql<{ name: string; clear: boolean }>`
    select name, clear from (
      select heap.relname as name,
        seen.n_mod_since_analyze > ${ROWS}::float + ${CHANGED}::float * greatest(heap.reltuples, 0) as changed,
        seen.n_dead_tup > ${ROWS}::float + ${DEAD}::float * greatest(heap.reltuples, 0)
          or pg_relation_size(heap.oid) / 8192 > ${PAGES}::float + ${GROWN}::float * heap.relpages as clear
      from pg_class heap join pg_stat_user_tables seen on seen.relid = heap.oid
      where heap.relnamespace = current_schema()::regnamespace
    ) tables where changed or clear`.execute(db);
  if (rows.length === 0) return [];
  // Everybody waits meanwhile: a table that only grows is not cleared, and a sample of it is enough.
  await sql`set default_statistics_target = ${sql.lit(SAMPLE)}`.execute(db);
  for (const { name, clear } of rows) await (clear ? sql`vacuum (analyze) ${sql.id(name)}` : sql`analyze ${sql.id(name)}`).execute(db);
  return rows.map(({ name }) => name);
}

/** Keeps up until it is told to stop; resolves then, with nothing of it running any more. */
export async function keepUpAlways(db: Kysely<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Nothing waits for this: it keeps no process alive.
    await pause(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    // What makes it fail (a full disk, a damaged file) fails whoever asks for an answer too, and is said there.
    if (!signal.aborted) await keepUp(db).catch(() => undefined);
  }
}
