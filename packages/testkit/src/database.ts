import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSuffix, sha256Hex } from '@slipway/kit';
import { type Database, migrate, openEmbedded, openPostgres, readMigrations } from '@slipway/store';

/** The engine a test runs on: the embedded one (stage `unit`), or PostgreSQL when SLIPWAY_TEST_DATABASE_URL names one (stage `api`). */
export const testEngines: readonly ('pglite' | 'postgres')[] = [
  process.env.SLIPWAY_TEST_DATABASE_URL === undefined ? 'pglite' : 'postgres',
];

/** A fresh, migrated database; on PostgreSQL a schema of its own, dropped at close. Embedded ones come from a dumped template: 0.6 s instead of 3 to 7 s. */
export async function testDatabase(engine: 'pglite' | 'postgres' = 'pglite'): Promise<Database> {
  if (engine === 'postgres') return postgresSchema();
  return openEmbedded({ template: await databaseTemplate() });
}

async function postgresSchema(): Promise<Database> {
  const url = process.env.SLIPWAY_TEST_DATABASE_URL ?? '';
  const schema = `test_${randomSuffix(10)}`;
  const database = await openPostgres({ url, schema });
  await migrate(database);
  return {
    ...database,
    async close() {
      await database.db.schema.dropSchema(schema).cascade().execute();
      await database.close();
    },
  };
}

/** The dump of a migrated database, made once per set of migrations and shared by test processes. */
export async function databaseTemplate(): Promise<Blob> {
  const migrations = await readMigrations();
  const key = sha256Hex(migrations.map((migration) => `${migration.name}\n${migration.text}`).join('\n')).slice(0, 16);
  const file = join(tmpdir(), `slipway-test-template-${key}.tar`);
  const found = await readFile(file).catch(() => undefined);
  if (found !== undefined) return new Blob([found]);
  const database = await openEmbedded();
  await migrate(database, { migrations });
  const dump = await database.pglite.dumpDataDir('none');
  await database.close();
  // Written aside and renamed, so that another process never reads half of it.
  const aside = await mkdtemp(join(tmpdir(), 'slipway-template-'));
  await writeFile(join(aside, 'template.tar'), Buffer.from(await dump.arrayBuffer()));
  await rename(join(aside, 'template.tar'), file);
  await rm(aside, { recursive: true });
  return dump;
}
