import fc from 'fast-check';
import { type ApiObject, type NewObject, type WatchEvent } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createStore, type Store } from './store.ts';

const KIND = 'Churn';

interface Seen {
  readonly rv: number;
  readonly type: string;
  readonly name: string;
  readonly value: number;
}

const seenOf = (event: Exclude<WatchEvent, { type: 'BOOKMARK' }>): Seen => ({
  rv: Number(event.object.metadata.resourceVersion),
  type: event.type,
  name: event.object.metadata.name,
  value: (event.object.spec as { value: number }).value,
});

/** A client that lists, watches, and reconnects from where it was at random moments; ends when it has seen `last`. */
async function follow(
  store: Store,
  run: { random: () => number; last: () => number | undefined; selector?: string },
): Promise<{ start: ApiObject[]; seen: Seen[]; reconnects: number }> {
  const query = { kind: KIND, ...(run.selector === undefined ? {} : { labelSelector: run.selector }) };
  const list = await store.list(query);
  const seen: Seen[] = [];
  let from = list.resourceVersion;
  let reconnects = -1;
  for (;;) {
    reconnects++;
    const controller = new AbortController();
    // Some connections live for a few events, some for many.
    let left = 1 + Math.floor(run.random() ** 3 * 100);
    for await (const event of store.watch(query, from, controller.signal)) {
      from = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
      if (event.type !== 'BOOKMARK') seen.push(seenOf(event));
      const last = run.last();
      if (last !== undefined && Number(from) >= last) return { start: list.items, seen, reconnects };
      if (event.type !== 'BOOKMARK' && --left === 0) break;
      // A slow reader now and then, so that buffers fill and it falls back to the log.
      if (run.random() < 0.02) await new Promise((resolve) => setImmediate(resolve));
    }
    controller.abort();
  }
}

/** One writer: creates, updates, relabels and deletes objects that others write too; conflicts are part of it. */
async function write(store: Store, run: { random: () => number; writes: number; objects: number; id: number }): Promise<void> {
  for (let n = 0; n < run.writes; n++) {
    const name = `o${Math.floor(run.random() * run.objects)}`;
    const value = run.id * 1_000_000 + n;
    const labels = { even: String(value % 2 === 0) };
    const object: NewObject = { kind: KIND, metadata: { name, namespace: 'default', labels }, spec: { value } };
    const choice = run.random();
    const work: Promise<unknown> =
      choice < 0.15
        ? store.delete({ kind: KIND, project: 'default', name })
        : choice < 0.4
          ? store.create(object)
          : store.update({ ...(object as ApiObject), metadata: { ...object.metadata, resourceVersion: '' } as ApiObject['metadata'] });
    // NotFound, AlreadyExists and Conflict are what happens when many write the same few objects.
    await work.catch((error: { code?: string }) => {
      if (!['NotFound', 'AlreadyExists', 'Conflict'].includes(error.code ?? '')) throw error;
    });
  }
}

/** Numbers below 1 from a seed: the same run again with the same seed (scheduling aside). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Replays what a watcher saw on what it listed: the objects it believes in. */
function replay(start: readonly ApiObject[], seen: readonly Seen[]): Map<string, number> {
  const state = new Map(start.map((object) => [object.metadata.name, (object.spec as { value: number }).value]));
  for (const event of seen) {
    const known = state.has(event.name);
    expect(known, `${event.type} of ${event.name} at ${event.rv}`).toBe(event.type !== 'ADDED');
    if (event.type === 'DELETED') state.delete(event.name);
    else state.set(event.name, event.value);
  }
  return state;
}

describe.each(testEngines)('watches on %s', (engine) => {
  /** Writes of one run; `SLIPWAY_TEST_WRITES=500000` for a million events in two runs. */
  const total = Number(process.env.SLIPWAY_TEST_WRITES ?? 1200);
  let database: Database;
  let replicas: Store[];
  const running = new AbortController();
  beforeAll(async () => {
    database = await testDatabase(engine);
    // Small buffers, so that falling behind happens; on PostgreSQL two replicas that only share the database.
    const count = engine === 'postgres' ? 2 : 1;
    replicas = Array.from({ length: count }, () => createStore({ database, watchBuffer: 50, bookmarkMs: 5 }));
    for (const replica of replicas) await replica.start(running.signal);
  }, 180_000);
  afterAll(async () => {
    running.abort();
    await database.close();
  });

  it('never skip, repeat or reorder an event under 32 concurrent writers and reconnects', { timeout: 300_000 + total * 20 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 }), async (seed) => {
        const writers = 32;
        const replica = (n: number) => replicas[n % replicas.length] as Store;
        const before = Number(await replica(0).revision());
        let last: number | undefined;
        const watchers = Array.from({ length: 6 }, (_, n) =>
          follow(replica(n), { random: randomOf(seed + n), last: () => last, ...(n >= 4 ? { selector: 'even=true' } : {}) }),
        );
        await Promise.all(
          Array.from({ length: writers }, (_, id) =>
            write(replica(id), { random: randomOf(seed * 31 + id), writes: Math.floor(total / writers), objects: 12, id }),
          ),
        );
        // One more write that every watcher sees, so that each knows when it has seen all.
        const end = await replica(0).create({
          kind: KIND,
          metadata: { name: `end-${seed}`, namespace: 'default', labels: { even: 'true' } },
          spec: { value: -1 },
        });
        last = Number(end.metadata.resourceVersion);
        const results = await Promise.all(watchers);
        const truth = (await replica(0).list({ kind: KIND })).items;
        for (const [n, { seen, start }] of results.entries()) {
          const numbers = seen.map((event) => event.rv);
          expect(numbers, 'in order, none twice').toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
          const wanted = truth.filter((object) => n < 4 || object.metadata.labels?.even === 'true');
          const expected = new Map(wanted.map((object) => [object.metadata.name, (object.spec as { value: number }).value]));
          expect([...replay(start, seen)].toSorted()).toEqual([...expected].toSorted());
        }
        expect(
          results.every(({ reconnects }) => reconnects > 0),
          'the run has reconnects in it',
        ).toBe(true);
        // Everyone without a selector saw every single write, not only the last state.
        const [first, ...others] = results.slice(0, 4).map(({ seen }) => seen);
        const from = Math.max(...results.slice(0, 4).map(({ start: _start, seen }) => seen[0]?.rv ?? before));
        for (const other of others) expect(other.filter(({ rv }) => rv >= from)).toEqual((first as Seen[]).filter(({ rv }) => rv >= from));
        await replica(0).delete({ kind: KIND, project: 'default', name: `end-${seed}` });
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  it('pages never mix two states while others write', { timeout: 60_000 }, async () => {
    const store = replicas[0] as Store;
    for (let n = 0; n < 40; n++)
      await store.create({ kind: 'Page', metadata: { name: `p${String(n).padStart(2, '0')}`, namespace: 'default' }, spec: { round: 0 } });
    const log: { rv: number; name: string; round: number }[] = (await store.list({ kind: 'Page' })).items.map((item) => ({
      rv: Number(item.metadata.resourceVersion),
      name: item.metadata.name,
      round: 0,
    }));
    let done = false;
    const writing = (async () => {
      for (let round = 1; round <= 120; round++) {
        const name = `p${String(Math.floor(randomOf(round * 7919)() * 40)).padStart(2, '0')}`;
        const stored = (await store.get({ kind: 'Page', project: 'default', name })) as ApiObject;
        const next = await store.update({ ...stored, spec: { round } });
        log.push({ rv: Number(next.metadata.resourceVersion), name, round });
      }
      done = true;
    })();
    let lists = 0;
    while (!done) {
      const items: ApiObject[] = [];
      let page = await store.list({ kind: 'Page', limit: 7 });
      const at = Number(page.resourceVersion);
      items.push(...page.items);
      while (page.continue !== undefined) {
        page = await store.list({ kind: 'Page', limit: 7, continue: page.continue });
        items.push(...page.items);
      }
      lists++;
      await Promise.resolve();
      // What every object was at that revision, from the writer's own notes (the write of that revision may not be noted yet: it waits for its turn).
      await expect.poll(() => done || (log.at(-1) as { rv: number }).rv > at, { interval: 1 }).toBe(true);
      const truth = new Map<string, number>();
      for (const entry of log) if (entry.rv <= at) truth.set(entry.name, entry.round);
      expect(items.map((item) => [item.metadata.name, (item.spec as { round: number }).round])).toEqual([...truth].toSorted());
    }
    await writing;
    expect(lists).toBeGreaterThan(3);
  });
});
