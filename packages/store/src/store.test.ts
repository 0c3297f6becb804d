import type { ApiObject, NewObject, WatchEvent } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createStore, type Store } from './store.ts';

const cluster = (name: string, extra: Partial<NewObject['metadata']> & { spec?: unknown } = {}): NewObject => {
  const { spec = { size: 1 }, ...metadata } = extra;
  return { kind: 'Cluster', metadata: { name, namespace: 'default', ...metadata }, spec };
};

/** Collects events until `enough` says so. */
async function collect(store: Store, from: string, enough: (events: WatchEvent[]) => boolean, query = {}): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const controller = new AbortController();
  for await (const event of store.watch({ kind: 'Cluster', ...query }, from, controller.signal)) {
    events.push(event);
    if (enough(events)) break;
  }
  controller.abort();
  return events;
}

describe.each(testEngines)('store on %s', (engine) => {
  let database: Database;
  let store: Store;
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
  }, 60_000);
  afterAll(() => database.close());

  it('creates, reads, updates with optimistic concurrency and deletes', async () => {
    const made = await store.create(cluster('a', { labels: { env: 'prod' } }));
    expect(made.metadata).toMatchObject({ name: 'a', namespace: 'default', generation: 1, labels: { env: 'prod' } });
    expect(await store.get({ kind: 'Cluster', project: 'default', name: 'a' })).toEqual(made);
    await expect(store.create(cluster('a'))).rejects.toMatchObject({ code: 'AlreadyExists' });
    const grown = await store.update({ ...made, spec: { size: 2 } });
    expect(grown.metadata.generation).toBe(2);
    expect(Number(grown.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    await expect(store.update({ ...made, spec: { size: 3 } })).rejects.toMatchObject({ code: 'Conflict' });
    const same = await store.update(grown);
    expect(same.metadata.resourceVersion, 'a write that changes nothing is no write').toBe(grown.metadata.resourceVersion);
    const status = await store.updateStatus({ ...grown, status: { phase: 'Running' }, spec: { size: 99 } });
    expect(status).toMatchObject({ spec: { size: 2 }, status: { phase: 'Running' }, metadata: { generation: 2 } });
    await expect(store.delete({ kind: 'Cluster', project: 'default', name: 'a' }, { uid: 'other' })).rejects.toMatchObject({
      code: 'Conflict',
    });
    await store.delete({ kind: 'Cluster', project: 'default', name: 'a' });
    expect(await store.get({ kind: 'Cluster', project: 'default', name: 'a' })).toBeUndefined();
  });

  it('checks a dry run fully and stores nothing', async () => {
    const before = await store.revision();
    const made = await store.create(cluster('dry'), { dryRun: true });
    expect(made.metadata.uid).not.toBe('');
    expect(await store.get({ kind: 'Cluster', project: 'default', name: 'dry' })).toBeUndefined();
    expect(await store.revision()).toBe(before);
  });

  it('keeps an object with finalizers until the last one goes', async () => {
    const from = await store.revision();
    const made = await store.create(cluster('fin', { finalizers: ['slipway.dev/x'] }));
    const deleting = await store.delete({ kind: 'Cluster', project: 'default', name: 'fin' });
    expect(deleting.metadata.deletionTimestamp).toBeDefined();
    await expect(
      store.update({ ...deleting, metadata: { ...deleting.metadata, finalizers: ['slipway.dev/x', 'slipway.dev/y'] } }),
    ).rejects.toMatchObject({
      code: 'Invalid',
    });
    await store.update({ ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });
    expect(await store.get({ kind: 'Cluster', project: 'default', name: 'fin' })).toBeUndefined();
    const events = await collect(store, from, (seen) => seen.length === 3);
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect((events[2] as { object: ApiObject }).object.metadata.uid).toBe(made.metadata.uid);
  });

  it('refuses text that the database cannot hold, and keeps escaped look-alikes', async () => {
    await expect(store.create(cluster('nul', { spec: { text: 'a\u0000b' } }))).rejects.toMatchObject({ code: 'Invalid' });
    await expect(store.create(cluster('half', { spec: { text: '\ud800' } }))).rejects.toMatchObject({ code: 'Invalid' });
    const kept = await store.create(cluster('kept', { spec: { text: '\\u0000 😀 \\\\u0000' } }));
    expect((await store.get({ kind: 'Cluster', project: 'default', name: 'kept' }))?.spec).toEqual(kept.spec);
  });

  it('shows a watcher with a selector what enters and leaves its view', async () => {
    const from = await store.revision();
    const made = await store.create(cluster('sel', { labels: { env: 'dev' } }));
    const prod = await store.update({ ...made, metadata: { ...made.metadata, labels: { env: 'prod' } } });
    await store.update({ ...prod, metadata: { ...prod.metadata, labels: {} } });
    await store.delete({ kind: 'Cluster', project: 'default', name: 'sel' });
    const last = await store.create(cluster('sel2', { labels: { env: 'prod' } }));
    const events = await collect(store, from, (seen) => seen.length === 3, { labelSelector: 'env=prod' });
    expect(events.map((event) => [event.type, (event as { object: ApiObject }).object.metadata.name])).toEqual([
      ['ADDED', 'sel'],
      ['DELETED', 'sel'],
      ['ADDED', 'sel2'],
    ]);
    expect(last.metadata.name).toBe('sel2');
  });

  it('pages show the state of the first page, whatever is written in between', async () => {
    for (let n = 0; n < 9; n++) await store.create({ ...cluster(`p${n}`), kind: 'Paged' });
    const first = await store.list({ kind: 'Paged', limit: 3 });
    expect(first.remainingItemCount).toBe(6);
    const p4 = await store.get({ kind: 'Paged', project: 'default', name: 'p4' });
    await store.update({ ...(p4 as ApiObject), spec: { size: 4 } });
    await store.update({ ...(p4 as ApiObject), metadata: { ...(p4 as ApiObject).metadata, resourceVersion: '' }, spec: { size: 5 } });
    await store.delete({ kind: 'Paged', project: 'default', name: 'p5' });
    await store.create({ ...cluster('p5', { spec: { size: 77 } }), kind: 'Paged' });
    await store.delete({ kind: 'Paged', project: 'default', name: 'p6' });
    await store.create({ ...cluster('p3a'), kind: 'Paged' });
    const second = await store.list({ kind: 'Paged', limit: 3, continue: first.continue as string });
    const third = await store.list({ kind: 'Paged', limit: 3, continue: second.continue as string });
    const items = [...first.items, ...second.items, ...third.items];
    expect(items.map((item) => item.metadata.name)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8']);
    expect(items.every((item) => (item.spec as { size: number }).size === 1)).toBe(true);
    expect(new Set([first, second, third].map((page) => page.resourceVersion)).size).toBe(1);
    expect(third.continue).toBeUndefined();
    await expect(store.list({ kind: 'Paged', continue: 'nonsense' })).rejects.toMatchObject({ code: 'BadRequest' });
  });

  it('answers Gone to watches and pages from before the compaction, and from the future', async () => {
    for (let n = 0; n < 4; n++) await store.create({ ...cluster(`g${n}`), kind: 'Old' });
    const page = await store.list({ kind: 'Old', limit: 1 });
    await store.create({ ...cluster('g9'), kind: 'Old' });
    const small = createStore({ database, retentionChanges: 1 });
    await store.create({ ...cluster('g10'), kind: 'Old' });
    await small.compact();
    await expect(collect(small, page.resourceVersion, () => true)).rejects.toMatchObject({ code: 'Gone' });
    const expired = await store.list({ kind: 'Old', limit: 1, continue: page.continue as string }).catch((error: unknown) => error);
    expect(expired).toMatchObject({ code: 'Gone', continueToken: expect.any(String) });
    // Whoever can live with a list of two states goes on from there, at the newest one, whose pages are of one state again.
    const rest = await store.list({ kind: 'Old', limit: 2, continue: (expired as { continueToken: string }).continueToken });
    expect([rest.items.map(({ metadata }) => metadata.name), rest.resourceVersion]).toEqual([['g1', 'g10'], await store.revision()]);
    const last = await store.list({ kind: 'Old', limit: 5, continue: rest.continue as string });
    expect([last.items.map(({ metadata }) => metadata.name), last.resourceVersion]).toEqual([['g2', 'g3', 'g9'], rest.resourceVersion]);
    await expect(collect(store, String(Number(await store.revision()) + 100), () => true)).rejects.toMatchObject({ code: 'Gone' });
  });

  it('bookmarks say how far a quiet watcher has come', async () => {
    const controller = new AbortController();
    const quick = createStore({ database, bookmarkMs: 20 });
    await quick.start(controller.signal);
    const from = await quick.revision();
    const waiting = collect(
      quick,
      from,
      (seen) => seen.some((event) => event.type === 'BOOKMARK' && event.resourceVersion === String(Number(from) + 1)),
      {
        kind: 'Quiet',
      },
    );
    await quick.create({ ...cluster('other'), kind: 'Loud' });
    expect((await waiting).every((event) => event.type === 'BOOKMARK')).toBe(true);
    controller.abort();
  });
});
