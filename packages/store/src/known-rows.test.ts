import { testDatabase } from '@slipway/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKnownRows, type Written } from './known-rows.ts';
import type { ObjectRow } from './rows.ts';
import { createStore } from './store.ts';

const key = (name: string) => ({ tenant: 'default', kind: 'Cluster', project: 'default', name });
const row = (name: string, rv: number): ObjectRow => ({
  ...key(name),
  uid: name,
  resource_version: rv,
  generation: 1,
  created_at: '',
  deletion_timestamp: null,
  labels: {},
  metadata: {},
  spec: { rv },
  status: null,
  created_by: null,
});
const written = (name: string, rv: number): Written => ({ rv: String(rv), row: row(name, rv) });

test('a key that is being written is asked for, and known when the write has ended', async () => {
  const known = createKnownRows();
  await known.readAll('default', 'Cluster', async () => ({ rows: [row('a', 1), row('b', 2)], revision: 2 }));
  expect(known.get(key('a'))).toMatchObject({ row: { resource_version: 1 } });
  expect(known.get(key('none'))).toBe('absent');
  const done = Promise.withResolvers<Written | undefined>();
  const writing = known.write(key('a'), () => done.promise);
  expect(known.get(key('a'))).toBeUndefined();
  expect(known.get(key('b'))).toMatchObject({ row: { resource_version: 2 } });
  expect(known.all('default', 'Cluster')).toBeUndefined();
  done.resolve(written('a', 3));
  await writing;
  expect(known.get(key('a'))).toMatchObject({ object: { metadata: { resourceVersion: '3' } } });
  expect(known.all('default', 'Cluster')).toMatchObject({ revision: 3, rows: [{ row: { name: 'a' } }, { row: { name: 'b' } }] });
  await known.write(key('b'), async () => ({ rv: '4', removed: true }));
  expect(known.get(key('b'))).toBe('absent');
});

test('of two writers at once, of one that failed, and of a read that a write overtook nothing is believed', async () => {
  const known = createKnownRows();
  await known.readAll('default', 'Cluster', async () => ({ rows: [row('a', 1), row('b', 2), row('c', 3)], revision: 3 }));
  // Their answers may arrive in another order than they were written.
  const first = Promise.withResolvers<Written>();
  const one = known.write(key('a'), () => first.promise);
  await known.write(key('a'), async () => written('a', 5));
  first.resolve(written('a', 4));
  await one;
  expect(known.get(key('a'))).toBeUndefined();
  expect(known.all('default', 'Cluster')).toBeUndefined();
  await expect(known.write(key('b'), () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(known.get(key('b'))).toBeUndefined();
  await known.read(key('c'), async () => {
    await known.write(key('c'), async () => written('c', 6));
    return row('c', 3);
  });
  expect(known.get(key('c'))).toMatchObject({ row: { resource_version: 6 } });
});

test('a kind with too many rows is left to the database', async () => {
  const known = createKnownRows(2);
  const load = async () => ({ rows: [row('a', 1), row('b', 2), row('c', 3)], revision: 3 });
  expect(await known.readAll('default', 'Cluster', load)).toBeUndefined();
  expect(known.get(key('a'))).toBeUndefined();
  for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) await known.write(key(name), async () => written(name, 10 + index));
  expect(known.all('default', 'Cluster')).toBeUndefined();
  expect(known.get(key('e'))).toBeUndefined();
});

test('whatever is written at the same time, who reads after a write sees it, and lists are what the database says', async () => {
  const database = await testDatabase('pglite');
  const other = createStore({ database: { ...database, known: undefined } as never });
  const store = createStore({ database });
  const names = ['a', 'b', 'c', 'd'];
  const ref = (name: string) => ({ kind: 'Cluster', project: 'default', name });
  const act = async ({ name, verb }: { name: string; verb: 'put' | 'delete' | 'list' }) => {
    if (verb === 'list') return void (await store.list({ kind: 'Cluster' }));
    if (verb === 'delete') {
      await store.delete(ref(name)).catch(() => undefined);
      return;
    }
    const old = await store.get(ref(name));
    const spec = { n: ((old?.spec as { n: number } | undefined)?.n ?? 0) + 1 };
    const wrote = await (
      old ? store.update({ ...old, spec }) : store.create({ kind: 'Cluster', metadata: { name, namespace: 'default' }, spec })
    ).catch(() => undefined);
    if (wrote === undefined) return;
    const seen = await store.get(ref(name));
    // Gone again, or at least as new as what was just written.
    if (seen?.metadata.uid === wrote.metadata.uid)
      expect(Number(seen.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(wrote.metadata.resourceVersion));
  };
  const step = fc.record({
    name: fc.constantFrom(...names),
    verb: fc.constantFrom('put' as const, 'put' as const, 'delete' as const, 'list' as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
      for (const round of rounds) {
        await Promise.all(round.map(act));
        const truth = await other.list({ kind: 'Cluster', limit: 100 });
        const list = await store.list({ kind: 'Cluster' });
        expect(list.items).toEqual(truth.items);
        // Twice, so that the second comes from memory.
        const again = await store.list({ kind: 'Cluster' });
        expect(again.items).toEqual(truth.items);
        expect(Number(again.resourceVersion)).toBeLessThanOrEqual(Number(truth.resourceVersion));
        for (const item of truth.items) expect(Number(item.metadata.resourceVersion)).toBeLessThanOrEqual(Number(again.resourceVersion));
        for (const name of names) expect(await store.get(ref(name))).toEqual(await other.get(ref(name)));
      }
    }),
    { numRuns: 25 },
  );
  const [first] = (await store.list({ kind: 'Cluster' })).items;
  if (first) expect(Object.isFrozen(first.spec), 'what is shared cannot be changed by who reads it').toBe(true);
  await database.close();
}, 240_000);
