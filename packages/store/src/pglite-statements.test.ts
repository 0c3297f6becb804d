import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';

describe.runIf(testEngines.includes('pglite'))('statements on the embedded database', () => {
  let database: Database;
  beforeAll(async () => {
    database = await testDatabase('pglite');
    await sql`create table things (id int primary key, name text, data jsonb, at timestamptz, raw bytea, yes boolean)`.execute(database.db);
  });
  afterAll(() => database.close());

  const write = (id: number, more: { name?: string | null; data?: unknown; at?: Date; raw?: Uint8Array; yes?: boolean }) =>
    sql`insert into things values (${id}, ${more.name ?? null}, ${more.data === undefined ? null : JSON.stringify(more.data)}::jsonb, ${more.at ?? null}::timestamptz,
      ${more.raw ?? null}::bytea, ${more.yes ?? null}::boolean) returning id`.execute(database.db);
  const read = async (id: number) => (await sql`select * from things where id = ${id}::int`.execute(database.db)).rows;
  const prepared = async () =>
    (await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(database.db)).rows.map(
      ({ statement }) => statement,
    );

  it('are prepared at their second use, and take and give the same values before and after', async () => {
    const values = {
      name: 'ünï "quoted"',
      data: { a: [1, null, "it's"] },
      at: new Date('2026-01-02T03:04:05Z'),
      raw: new Uint8Array([0, 255]),
      yes: false,
    };
    for (let id = 1; id <= 3; id++) expect((await write(id, values)).rows).toEqual([{ id }]);
    await write(4, {});
    const first = await read(1);
    for (const id of [1, 2, 3]) expect(await read(id)).toEqual([{ ...values, id }]);
    expect(await read(1)).toEqual(first);
    expect(await read(4)).toEqual([{ id: 4, name: null, data: null, at: null, raw: null, yes: null }]);
    expect((await prepared()).filter((text) => text.includes('things'))).toHaveLength(2);
  });

  it('that fail leave the connection as it was, in a transaction too', async () => {
    for (let n = 0; n < 3; n++) await expect(write(1, {})).rejects.toMatchObject({ code: '23505' });
    expect(await read(2)).toHaveLength(1);
    const failed = database.db.transaction().execute(async (trx) => {
      await sql`update things set name = ${'changed'} where id = ${2}::int`.execute(trx);
      await sql`insert into things (id) values (${1})`.execute(trx);
    });
    await expect(failed).rejects.toMatchObject({ code: '23505' });
    expect(await read(2)).toMatchObject([{ name: 'ünï "quoted"' }]);
  });

  it('of many callers at once do not mix', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => 1 + (n % 3));
    expect((await Promise.all(ids.map(read))).map(([row]) => (row as { id: number }).id)).toEqual(ids);
  });

  it('answer when a table has been given a column since', async () => {
    await sql`alter table things add column size int`.execute(database.db);
    expect(await read(1)).toMatchObject([{ id: 1, size: null }]);
    expect(await read(1)).toMatchObject([{ id: 1, size: null }]);
  });
});
