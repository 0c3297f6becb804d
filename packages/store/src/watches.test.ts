import { SlipwayError } from '@slipway/kit';
import type { WatchEvent } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createStore } from './store.ts';

const KIND = 'Thing';

describe.each(testEngines)('a watch while the database is away, on %s', (engine) => {
  let database: Database;
  /** The same database, which fails the next so many questions. */
  let flaky: Database;
  let failures = 0;
  let failure = (): Error => new SlipwayError('Unavailable', 'The database cannot answer now.');
  beforeAll(async () => {
    database = await testDatabase(engine);
    const db = database.db.withPlugin({
      transformQuery({ node }) {
        if (failures === 0) return node;
        failures--;
        throw failure();
      },
      transformResult: async ({ result }) => result,
    });
    flaky = { ...database, db };
  });
  afterAll(() => database.close());

  const create = (name: string) => createStore({ database }).create({ kind: KIND, metadata: { name }, spec: {} });
  /** What a watch from a version shows, until so many events came. */
  async function seen(from: string, count: number): Promise<string[]> {
    const names: string[] = [];
    for await (const event of createStore({ database: flaky }).watch({ kind: KIND }, from, new AbortController().signal)) {
      names.push((event as Exclude<WatchEvent, { type: 'BOOKMARK' }>).object.metadata.name);
      if (names.length === count) break;
    }
    return names;
  }

  it('goes on where it was, and skips and repeats nothing', async () => {
    const from = (await create('a')).metadata.resourceVersion;
    for (const name of ['b', 'c', 'd']) await create(name);
    failures = 3;
    expect(await seen(from, 3)).toEqual(['b', 'c', 'd']);
    expect(failures, 'it was away').toBe(0);
  });

  it('ends with what is wrong when that does not pass', async () => {
    const from = (await create('e')).metadata.resourceVersion;
    failures = 1;
    failure = () => new Error('a flaw of ours');
    await expect(seen(from, 1)).rejects.toThrow('a flaw of ours');
  });
});
