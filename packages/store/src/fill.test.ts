import { findKind } from '@slipway/model';
import { expect, it } from 'vitest';
import { createStore, fillDatabase, migrate, openEmbedded } from './index.ts';

it('what was laid into a database is there as if it had been written, and earlier watches are sent back to list', async () => {
  const database = await openEmbedded();
  await migrate(database);
  const spec = findKind('projects')?.spec.parse({ displayName: 'Shop' });
  const objects = Array.from({ length: 1203 }, (_none, index) => ({
    object: { kind: 'Project', metadata: { name: `p${index}`, labels: { half: String(index % 2) } }, spec, status: { clusters: index } },
    uid: `uid-${index}`,
    at: Date.UTC(2026, 0, 1),
  }));
  const leaving = { kind: 'Project', metadata: { name: 'leaving', finalizers: ['slipway.dev/cluster'] }, spec };
  objects.push({ object: leaving as never, uid: 'leaving', at: Date.UTC(2026, 0, 1), deletedAt: Date.UTC(2026, 0, 2) } as never);
  const done: number[] = [];
  await fillDatabase(database, objects, { onProgress: (count) => done.push(count) });
  expect(done).toEqual([500, 1000, 1204]);
  const store = createStore({ database });
  const all = await store.list({ kind: 'Project' });
  expect(all.items).toHaveLength(1204);
  expect(new Set(all.items.map(({ metadata }) => metadata.resourceVersion)).size).toBe(1204);
  const one = await store.get({ kind: 'Project', name: 'p7' });
  expect(one).toMatchObject({
    metadata: { uid: 'uid-7', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', labels: { half: '1' } },
    spec: { displayName: 'Shop' },
    status: { clusters: 7 },
  });
  expect((await store.get({ kind: 'Project', name: 'leaving' }))?.metadata.deletionTimestamp).toBe('2026-01-02T00:00:00Z');
  expect((await store.list({ kind: 'Project', labelSelector: 'half=0' })).items).toHaveLength(602);
  const stop = new AbortController();
  await expect(store.watch({ kind: 'Project' }, '1', stop.signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'Gone' });
  const watched = store.watch({ kind: 'Project' }, all.resourceVersion, stop.signal)[Symbol.asyncIterator]();
  const next = watched.next();
  await store.create({ kind: 'Project', metadata: { name: 'later' }, spec });
  expect((await next).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'later' } } });
  stop.abort();
  await database.close();
});
