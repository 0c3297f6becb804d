import { waitFor } from '@slipway/kit';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createLeases } from './leases.ts';

describe.each(testEngines)('leases on %s', (engine) => {
  let database: Database;
  beforeAll(async () => {
    database = await testDatabase(engine);
  }, 60_000);
  afterAll(() => database.close());

  it('gives a lease to one holder, lets it renew, and gives it to another when it was given up', async () => {
    const leases = createLeases(database);
    expect(await leases.acquire('a', 'one', 60_000)).toBe(true);
    expect(await leases.acquire('a', 'two', 60_000)).toBe(false);
    expect(await leases.acquire('a', 'one', 60_000)).toBe(true);
    await leases.release('a', 'two');
    expect(await leases.acquire('a', 'two', 60_000)).toBe(false);
    await leases.release('a', 'one');
    expect(await leases.acquire('a', 'two', 60_000)).toBe(true);
  });

  it('lets another take over when the time is up, and no sooner', async () => {
    const leases = createLeases(database);
    const start = performance.now();
    expect(await leases.acquire('b', 'one', 300)).toBe(true);
    await waitFor(() => leases.acquire('b', 'two', 60_000), { what: 'the lease to run out', timeoutMs: 5000, intervalMs: 20 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(290);
    expect(await leases.acquire('b', 'one', 60_000)).toBe(false);
  });

  it.runIf(engine === 'pglite')('does not wait for a holder that died with the process: an embedded database has only one', async () => {
    expect(await createLeases(database).acquire('d', 'before the crash', 60_000)).toBe(true);
    expect(await createLeases(database).acquire('d', 'after the restart', 60_000)).toBe(true);
  });

  it('has exactly one winner of many who ask at once', async () => {
    const leases = createLeases(database);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => leases.acquire('c', `holder-${index}`, 60_000)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});
