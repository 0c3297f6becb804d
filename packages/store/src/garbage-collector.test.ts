import { silentLogger, SlipwayError, waitFor } from '@slipway/kit';
import type { ApiObject, ObjectMeta } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { createGarbageCollector } from './garbage-collector.ts';
import { createStore, type Store } from './store.ts';

describe.each(testEngines)('the garbage collector on %s', (engine) => {
  let database: Database;
  let store: Store;
  let collecting: Promise<void>;
  let needed: string | undefined;
  const running = new AbortController();
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
    await store.start(running.signal);
    const kinds = [
      {
        kind: 'Thing',
        scope: 'project' as const,
        admitDelete: async ({ object }: { object: ApiObject }) => {
          if (object.metadata.name === needed) throw new SlipwayError('Conflict', 'still needed', { retryable: false });
        },
      },
      { kind: 'Wide', scope: 'tenant' as const },
    ];
    const collector = createGarbageCollector({ database, store, kinds, logger: silentLogger, resyncMs: 200 });
    collecting = collector.run(running.signal);
  }, 60_000);
  afterAll(async () => {
    running.abort();
    await collecting;
    await database.close();
  });

  const reference = (owner: ApiObject, extra: object = {}) => {
    const { kind, metadata } = owner;
    return { apiVersion: 'slipway.dev/v1', kind, name: metadata.name, uid: metadata.uid, ...extra };
  };
  const make = (name: string, metadata: ObjectMeta = {}) =>
    store.create({ kind: 'Thing', metadata: { name, namespace: 'p', ...metadata }, spec: {} });
  const get = (name: string) => store.get({ kind: 'Thing', project: 'p', name });
  const gone = (name: string) =>
    waitFor(async () => (await get(name)) === undefined, { what: `${name} to be gone`, timeoutMs: 10_000, intervalMs: 10 });
  const remove = (name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan') =>
    store.delete({ kind: 'Thing', project: 'p', name }, { propagationPolicy });
  /** Makes an object that is collected, after everything before it was looked at. */
  const settled = async (name: string) => {
    await make(name, { ownerReferences: [{ apiVersion: 'slipway.dev/v1', kind: 'Thing', name: 'nobody', uid: 'none' }] });
    await gone(name);
  };

  it('deletes in the background what belongs to a deleted object, and what belongs to that', async () => {
    const owner = await make('b-owner');
    const child = await make('b-child', { ownerReferences: [reference(owner)] });
    await make('b-grandchild', { ownerReferences: [reference(child)] });
    await remove('b-owner');
    expect(await get('b-owner')).toBeUndefined();
    await Promise.all([gone('b-child'), gone('b-grandchild')]);
  });

  it('keeps an owner that is deleted in the foreground until what blocks it is gone', async () => {
    const owner = await make('f-owner');
    await make('f-blocks', { ownerReferences: [reference(owner, { blockOwnerDeletion: true })], finalizers: ['example.com/hold'] });
    await make('f-free', { ownerReferences: [reference(owner)] });
    const deleting = await remove('f-owner', 'Foreground');
    expect(deleting.metadata.finalizers).toEqual(['foregroundDeletion']);
    await gone('f-free');
    const held = await waitFor(
      async () => ((await get('f-blocks'))?.metadata.deletionTimestamp === undefined ? undefined : get('f-blocks')),
      {
        what: 'the dependent to be deleted',
        timeoutMs: 10_000,
        intervalMs: 10,
      },
    );
    expect(await get('f-owner')).toBeDefined();
    await store.update({ ...(held as ApiObject), metadata: { ...(held as ApiObject).metadata, finalizers: [] } });
    await gone('f-owner');
  });

  it('leaves the dependents of an orphan-maker without it', async () => {
    const owner = await make('o-owner');
    await make('o-child', { ownerReferences: [reference(owner)] });
    expect((await remove('o-owner', 'Orphan')).metadata.finalizers).toEqual(['orphan']);
    await gone('o-owner');
    expect((await get('o-child'))?.metadata.ownerReferences).toBeUndefined();
  });

  it('keeps what still has an owner, without the one that is gone', async () => {
    const [one, two] = [await make('s-one'), await make('s-two')];
    await make('s-child', { ownerReferences: [reference(one), reference(two)] });
    await remove('s-one');
    await waitFor(async () => (await get('s-child'))?.metadata.ownerReferences?.length === 1, {
      what: 'the reference to go',
      timeoutMs: 10_000,
      intervalMs: 10,
    });
    expect((await get('s-child'))?.metadata.ownerReferences).toEqual([reference(two)]);
  });

  it('takes another object of the same name for another object', async () => {
    const first = await make('n-owner');
    await remove('n-owner');
    await make('n-owner');
    await make('n-child', { ownerReferences: [reference(first)] });
    await gone('n-child');
    expect(await get('n-owner')).toBeDefined();
  });

  it('judges no owner of another API, none it does not know, and none in a project for what is in none', async () => {
    await make('x-foreign', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'u' }] });
    await make('x-unknown', { ownerReferences: [{ apiVersion: 'slipway.dev/v1', kind: 'Nothing', name: 'c', uid: 'u' }] });
    const wide = { name: 'x-wide', ownerReferences: [{ apiVersion: 'slipway.dev/v1', kind: 'Thing', name: 'c', uid: 'u' }] };
    await store.create({ kind: 'Wide', metadata: wide, spec: {} });
    await settled('x-probe');
    expect([await get('x-foreign'), await get('x-unknown'), await store.get({ kind: 'Wide', name: 'x-wide' })]).not.toContain(undefined);
  });

  it('what is tenant-wide may own what is in a project', async () => {
    const owner = await store.create({ kind: 'Wide', metadata: { name: 'w-owner' }, spec: {} });
    await make('w-child', { ownerReferences: [reference(owner)] });
    await settled('w-probe');
    expect(await get('w-child')).toBeDefined();
    await store.delete({ kind: 'Wide', name: 'w-owner' });
    await gone('w-child');
  });

  it('asks the kind before it deletes, and again later', async () => {
    needed = 'a-child';
    const owner = await make('a-owner');
    await make('a-child', { ownerReferences: [reference(owner)] });
    await remove('a-owner');
    await settled('a-probe');
    expect(await get('a-child')).toBeDefined();
    needed = undefined;
    await gone('a-child');
  });

  it('ends a circle of objects that wait for each other', async () => {
    const one = await make('c-one');
    const two = await make('c-two', { ownerReferences: [reference(one, { blockOwnerDeletion: true })] });
    await store.update({ ...one, metadata: { ...one.metadata, ownerReferences: [reference(two, { blockOwnerDeletion: true })] } });
    await remove('c-one', 'Foreground');
    await Promise.all([gone('c-one'), gone('c-two')]);
  });

  it('belongs to one tenant: the same uid elsewhere is nobody’s', async () => {
    const owner = await make('t-owner');
    await store.create({ kind: 'Thing', metadata: { name: 't-owner', namespace: 'p' }, spec: {} }, { tenant: 'other' });
    const child = { name: 't-child', namespace: 'p', ownerReferences: [{ ...reference(owner), apiVersion: 'v1' }] };
    await store.create({ kind: 'Thing', metadata: child, spec: {} }, { tenant: 'other' });
    await remove('t-owner');
    await settled('t-probe');
    expect(await store.get({ tenant: 'other', kind: 'Thing', project: 'p', name: 't-child' })).toBeDefined();
  });
});
