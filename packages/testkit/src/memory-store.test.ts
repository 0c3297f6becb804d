import type { ApiObject, FleetStore, NewObject, ObjectStore, TenantEvent, WatchEvent } from '@slipway/model';
import { createStore } from '@slipway/store';
import { systemClock } from '@slipway/kit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabase } from './database.ts';
import { createMemoryStore } from './memory-store.ts';

// The same checks on the store in memory and on the real one: what tests of controllers rely on.
let database: ReturnType<typeof testDatabase> | undefined;
afterAll(async () => (await database)?.close());

// The database is shared by the tests, so each has a kind of its own.
let kind = '';
let count = 0;
beforeEach(() => {
  kind = `Kind${count++}`;
});

const stores: [string, () => Promise<FleetStore>][] = [
  ['memory', async () => createMemoryStore({ clock: systemClock })],
  [
    'the database',
    async () => {
      database ??= testDatabase();
      return createStore({ database: await database });
    },
  ],
];

const object = (name: string, spec: unknown, metadata: Partial<NewObject['metadata']> = {}): NewObject => ({
  kind,
  metadata: { name, namespace: 'p', ...metadata },
  spec,
});

async function collect(store: ObjectStore, from: string, enough: number, query = {}): Promise<WatchEvent[]> {
  const stop = new AbortController();
  const events: WatchEvent[] = [];
  for await (const event of store.watch({ kind, ...query }, from, stop.signal)) {
    if (event.type !== 'BOOKMARK') events.push(event);
    if (events.length === enough) break;
  }
  stop.abort();
  return events;
}

describe.each(stores)('object store in %s', (_, open) => {
  it('counts generations by spec and by deletion, and versions by every write that changes something', async () => {
    const store = await open();
    const made = await store.create(object('a', { n: 1 }, { finalizers: ['x/y'], labels: { a: 'b' } }));
    expect(made.metadata.generation).toBe(1);
    const same = await store.update(made);
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    const labelled = await store.update({ ...made, metadata: { ...made.metadata, labels: { a: 'c' } } });
    expect(labelled.metadata.generation).toBe(1);
    expect(Number(labelled.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    const changed = await store.update({ ...labelled, spec: { n: 2 } });
    expect(changed.metadata.generation).toBe(2);
    const status = await store.updateStatus({ ...changed, spec: { n: 9 }, status: { phase: 'x' } });
    expect(status).toMatchObject({ spec: { n: 2 }, status: { phase: 'x' }, metadata: { generation: 2 } });
    const kept = await store.update({ ...status, status: { phase: 'y' }, spec: { n: 3 } });
    expect(kept.status).toEqual({ phase: 'x' });
    const deleting = await store.delete({ kind, project: 'p', name: 'a' });
    expect(deleting.metadata).toMatchObject({ generation: 4, deletionTimestamp: expect.any(String) });
    const again = await store.delete({ kind, project: 'p', name: 'a' });
    expect(again.metadata.resourceVersion).toBe(deleting.metadata.resourceVersion);
    await store.update({ ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });
    expect(await store.get({ kind, project: 'p', name: 'a' })).toBeUndefined();
  });

  it('refuses stale, wrong and missing objects with the same codes', async () => {
    const store = await open();
    const made = await store.create(object('a', { n: 1 }));
    await expect(store.create(object('a', {}))).rejects.toMatchObject({ code: 'AlreadyExists' });
    await store.update({ ...made, spec: { n: 2 } });
    await expect(store.update({ ...made, spec: { n: 3 } })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(store.updateStatus({ ...made, status: {} })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(store.delete({ kind, project: 'p', name: 'a' }, { uid: 'other' })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(store.delete({ kind, project: 'p', name: 'b' })).rejects.toMatchObject({ code: 'NotFound' });
    await expect(store.update({ ...made, metadata: { ...made.metadata, name: 'b' } } as ApiObject)).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('lists by project, labels and fields, in order', async () => {
    const store = await open();
    for (const [name, size] of [
      ['c', 1],
      ['a', 2],
      ['b', 1],
    ] as const)
      await store.create(object(name, { size }, { labels: { size: String(size) } }));
    await store.create(object('d', { size: 1 }, { namespace: 'q' }));
    const names = async (query: object) => (await store.list({ kind, ...query })).items.map(({ metadata }) => metadata.name);
    expect(await names({})).toEqual(['a', 'b', 'c', 'd']);
    expect(await names({ project: 'p', fieldSelector: 'spec.size=1' })).toEqual(['b', 'c']);
    expect(await names({ labelSelector: 'size=2' })).toEqual(['a']);
  });

  it('lists and watches a kind over all tenants, and says whose each object is', async () => {
    const store = await open();
    await store.create(object('a', { n: 1 }), { tenant: 'one' });
    await store.create(object('a', { n: 2 }), { tenant: 'two' });
    await store.create({ ...object('a', {}), kind: `${kind}Other` }, { tenant: 'one' });
    const list = await store.listAll(kind);
    expect(list.items.map(({ tenant, object: { spec } }) => [tenant, spec])).toEqual([
      ['one', { n: 1 }],
      ['two', { n: 2 }],
    ]);
    await store.create(object('b', {}), { tenant: 'two' });
    await store.delete({ tenant: 'one', kind, project: 'p', name: 'a' });
    const stop = new AbortController();
    const events: TenantEvent[] = [];
    for await (const event of store.watchAll(kind, list.resourceVersion, stop.signal)) {
      events.push(event);
      if (events.length === 2) break;
    }
    expect(events.map(({ type, tenant, object: { metadata } }) => [type, tenant, metadata.name])).toEqual([
      ['ADDED', 'two', 'b'],
      ['DELETED', 'one', 'a'],
    ]);
    stop.abort();
  });

  it('shows every change to watchers once and in order, also to those with a selector', async () => {
    const store = await open();
    const { resourceVersion } = await store.list({ kind });
    const made = await store.create(object('a', { size: 1 }));
    const grown = await store.update({ ...made, spec: { size: 2 } });
    await store.updateStatus({ ...grown, status: { x: 1 } });
    await store.delete({ kind, project: 'p', name: 'a' });
    expect((await collect(store, resourceVersion, 4)).map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    const small = await collect(store, resourceVersion, 2, { fieldSelector: 'spec.size=1' });
    expect(small.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
  });
});
