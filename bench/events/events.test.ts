import { testEngines } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../../apps/hub/src/testing/test-hub.ts';
import { startHubs } from './hubs.ts';
import { runEvents } from './run.ts';

/** The bench of a million events, small: it has all there is in the large one, a hub killed and started again included. */
describe.each(testEngines)('watches and lists of whole hubs on %s', (engine) => {
  it(
    'skip, repeat, reorder and mix nothing under 32 writers, lost connections, a hub that is killed and a database that is cut off',
    { timeout: 900_000 },
    async () => {
      const database = engine === 'postgres' ? await freshDatabase(process.env.SLIPWAY_TEST_DATABASE_URL ?? '') : undefined;
      try {
        const hubs = await startHubs(database?.url, engine === 'postgres' ? 2 : 1);
        const size = {
          events: 4000,
          rounds: engine === 'postgres' ? 2 : 1,
          watchers: 24,
          listers: 3,
          objects: 24,
          writesPerRound: 200,
          minutes: 10,
          seed: Math.floor(Math.random() * 2 ** 31),
        };
        const result = await runEvents(hubs, size, () => undefined).finally(() => hubs.stop());
        expect(result.problems.examples, `seed ${size.seed}`).toEqual([]);
        expect(result.events).toBeGreaterThanOrEqual(4000);
        expect(result.restarts).toBeGreaterThan(0);
        expect(result.cuts, 'all connections to the database were cut').toBe(engine === 'postgres' ? 1 : 0);
        expect(result.snapshots).toBeGreaterThan(3);
        expect(result.counts.broken, 'connections broke when the hub was killed').toBeGreaterThan(0);
        expect(result.counts.resumedAtLast + result.counts.resumedEarlier, 'watches went on from versions of before').toBeGreaterThan(0);
      } finally {
        await database?.drop();
      }
    },
  );
});
