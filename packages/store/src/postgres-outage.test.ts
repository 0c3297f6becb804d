import { testEngines } from '@slipway/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Database, openPostgres } from './database.ts';
import { outageOf, purposeOf } from './postgres-outage.ts';

const failed = (message: string, code?: string): Error => Object.assign(new Error(message), code === undefined ? {} : { code });
const notNow = { code: 'Unavailable', retryAfter: 1, retryable: true };
const unknown = { code: 'Timeout', retryAfter: undefined };

describe('a database that is away', () => {
  it.each([
    ['no connection became free', failed('timeout exceeded when trying to connect')],
    ['nothing listens', failed('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED')],
    ['it starts', failed('the database system is starting up', '57P03')],
    ['it has no connection left', failed('sorry, too many clients already', '53300')],
    ['the pool is closed, as the hub stops', failed('Cannot use a pool after calling end on the pool')],
  ])('is "not now" for who needs a connection: %s', (_what, error) => {
    expect(outageOf(error, 'connection')).toMatchObject(notNow);
  });

  it.each([
    ['it is shut down', failed('terminating connection due to administrator command', '57P01')],
    ['it ended one of two in each other’s way', failed('deadlock detected', '40P01')],
    ['its disk is full', failed('could not extend file', '53100')],
    ['it was never sent', failed('Client has encountered a connection error and is not queryable')],
  ])('is "not now" for a write that was taken back: %s', (_what, error) => {
    expect(outageOf(error, 'write')).toMatchObject(notNow);
  });

  it('leaves it open what became of a write whose connection broke, and not of a read', () => {
    for (const error of [failed('Connection terminated unexpectedly'), failed('read ECONNRESET', 'ECONNRESET')]) {
      expect(outageOf(error, 'write')).toMatchObject(unknown);
      expect(outageOf(error, 'read')).toMatchObject(notNow);
    }
  });

  it.each([
    ['a key that is there', failed('duplicate key value violates unique constraint', '23505')],
    ['a flaw of a statement', failed('syntax error at or near "selct"', '42601')],
    ['a flaw of the protocol', failed('bind message supplies 1 parameters', '08P01')],
    ['a flaw of ours', new TypeError('Converting circular structure to JSON')],
    ['a wrong password', failed('password authentication failed for user "slipway"', '28P01')],
  ])('is not: %s', (_what, error) => {
    expect(outageOf(error, 'write')).toBeUndefined();
  });

  it('knows what only reads', () => {
    expect(purposeOf('\n  select * from objects')).toBe('read');
    for (const text of ['with rv as (update revision set value = 1) select 1', 'insert into x values (1)', 'commit'])
      expect(purposeOf(text)).toBe('write');
  });
});

describe.runIf(testEngines.includes('postgres'))('a PostgreSQL that ends connections', () => {
  const url = process.env.SLIPWAY_TEST_DATABASE_URL ?? '';
  const open = (name: string, more: { connectMs?: number } = {}): Promise<Database> =>
    openPostgres({ url: `${url}${url.includes('?') ? '&' : '?'}application_name=${name}`, poolSize: 1, ...more });
  /** Ends every connection of that name from outside. */
  async function terminate(name: string, query: string): Promise<void> {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await expect
      .poll(async () => {
        const text = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and query like $2';
        return (await admin.query(text, [name, query])).rowCount;
      })
      .toBeGreaterThan(0);
    await admin.end();
  }

  it('is "not now" for a statement that runs, and answers the next', async () => {
    const database = await open('outage-running');
    const running = sql`select pg_sleep(60)`.execute(database.db);
    await Promise.all([expect(running).rejects.toMatchObject(notNow), terminate('outage-running', '%pg_sleep%')]);
    expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('does not end a process that is between two statements of a transaction', async () => {
    const database = await open('outage-between');
    const work = database.db.transaction().execute(async (transaction) => {
      await sql`select 'between'`.execute(transaction);
      await terminate('outage-between', '%between%');
      // Its end is heard of before the next is asked, as in a hub that waits for something meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await sql`select 2`.execute(transaction);
    });
    await expect(work).rejects.toMatchObject(notNow);
    expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('is "not now" for who waited too long for a connection', async () => {
    const database = await open('outage-full', { connectMs: 200 });
    await database.db.transaction().execute(async () => {
      await expect(sql`select 1`.execute(database.db)).rejects.toMatchObject(notNow);
    });
    await database.close();
  });
});
