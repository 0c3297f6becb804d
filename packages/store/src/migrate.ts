import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, messageOf, sha256Hex, silentLogger, SlipwayError } from '@slipway/kit';
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface Migration {
  /** `0001-objects` */
  readonly name: string;
  readonly text: string;
}

/** The migrations of this version, in order. */
export async function readMigrations(directory = join(import.meta.dirname, '../migrations')): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}-.*\.sql$/.test(file)).toSorted();
  return Promise.all(
    files.map(async (file) => ({ name: file.replace(/\.sql$/, ''), text: await readFile(join(directory, file), 'utf8') })),
  );
}

// Any number that no one else in the database uses: ASCII "slipway".
const LOCK = 0x736c6970;

/**
 * Brings the database to this version: runs what is not recorded yet, in one transaction under an advisory lock, so that two hubs that start together do it once.
 * Refuses a database of a newer Slipway, and a migration whose text changed after it ran.
 */
export async function migrate(database: Database, options: { migrations?: readonly Migration[]; logger?: Logger } = {}): Promise<string[]> {
  const migrations = options.migrations ?? (await readMigrations());
  const logger = options.logger ?? silentLogger;
  const done: string[] = [];
  await database.db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(trx);
    await sql`create table if not exists schema_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())`.execute(
      trx,
    );
    const { rows } = await sql<{ name: string; sha256: string }>`select name, sha256 from schema_migrations`.execute(trx);
    const applied = new Map(rows.map((row) => [row.name, row.sha256]));
    refuseUnknown([...applied.keys()], migrations);
    for (const migration of migrations) {
      const sum = sha256Hex(migration.text);
      const before = applied.get(migration.name);
      if (before === sum) continue;
      if (before !== undefined) {
        throw new SlipwayError('Internal', `Migration ${migration.name} was changed after this database ran it.`, {
          hint: 'Restore the file and put the change into a new migration.',
        });
      }
      for (const statement of statements(migration.text)) {
        await sql
          .raw(statement)
          .execute(trx)
          .catch((error: unknown) => {
            throw new SlipwayError('Internal', `Migration ${migration.name} failed: ${messageOf(error)}`, {
              cause: error,
              detail: statement,
            });
          });
      }
      await sql`insert into schema_migrations (name, sha256) values (${migration.name}, ${sum})`.execute(trx);
      done.push(migration.name);
    }
  });
  if (done.length > 0) logger.info({ migrations: done }, 'the database was brought up to date');
  return done;
}

function refuseUnknown(applied: readonly string[], migrations: readonly Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.filter((name) => !known.has(name)).toSorted();
  if (unknown.length === 0) return;
  throw new SlipwayError('Internal', `The database was written by a newer Slipway (it has run ${unknown.join(', ')}).`, {
    hint: 'Start that version or a newer one, or restore a backup made before the upgrade.',
  });
}

/** Splits a script at semicolons that end a line: enough for DDL; a function body goes into `$$ … $$` with its inner semicolons, which are kept together. */
export function statements(text: string): string[] {
  const result: string[] = [];
  let current = '';
  let quoted = false;
  for (const line of text.split('\n')) {
    const code = line.replace(/--.*$/, '');
    if (code.trim() === '' && current.trim() === '') continue;
    current += `${code}\n`;
    if ((code.split('$$').length - 1) % 2 === 1) quoted = !quoted;
    if (!quoted && code.trimEnd().endsWith(';')) {
      result.push(current.trim());
      current = '';
    }
  }
  if (current.trim() !== '') result.push(current.trim());
  return result;
}
