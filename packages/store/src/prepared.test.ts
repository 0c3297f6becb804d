import { testDatabase, testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';

describe.runIf(testEngines.includes('postgres'))('statements on PostgreSQL', () => {
  let database: Database;
  beforeAll(async () => {
    database = await testDatabase('postgres');
    await sql`create table things (id int primary key, name text)`.execute(database.db);
    await sql`insert into things values (1, 'one')`.execute(database.db);
  });
  afterAll(() => database.close());

  const read = async () => (await sql`select * from things where id = ${1}::int`.execute(database.db)).rows;

  it('are prepared once, and answer when another replica has given the table a column since', async () => {
    expect(await read()).toEqual([{ id: 1, name: 'one' }]);
    const prepared = await sql<{
      statement: string;
    }>`select statement from pg_prepared_statements where statement like ${'%things%'}`.execute(database.db);
    expect(prepared.rows.map(({ statement }) => statement)).toEqual(['select * from things where id = $1::int']);
    await sql`alter table things add column size int`.execute(database.db);
    expect(await read()).toEqual([{ id: 1, name: 'one', size: null }]);
    expect(await read()).toEqual([{ id: 1, name: 'one', size: null }]);
  });
});
