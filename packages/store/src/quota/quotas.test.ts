import { silentLogger, SlipwayError, waitFor } from '@slipway/kit';
import { type NewObject, SYSTEM_TENANT } from '@slipway/model';
import { testDatabase, testEngines } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createStore, type Store } from '../store.ts';
import { createQuotas } from './quotas.ts';
import { createQuotaStatus } from './quota-status.ts';

const cluster = (name: string, project = 'shop', replicas = 1): NewObject => ({
  kind: 'Cluster',
  metadata: { name, namespace: project },
  spec: { controlPlane: { replicas, size: { cpu: 2, memoryMiB: 2048 } } },
});
const pool = (name: string, replicas: number): NewObject => ({
  kind: 'MachinePool',
  metadata: { name, namespace: 'shop' },
  spec: { replicas, size: { cpu: 2, memoryMiB: 2048 } },
});

describe.each(testEngines)('quotas on %s', (engine) => {
  let database: Database;
  let store: Store;
  let nextTenant = 0;
  beforeAll(async () => {
    database = await testDatabase(engine);
    store = createStore({ database });
  }, 180_000);
  afterAll(() => database.close());

  /** A tenant of its own for each test. */
  const inTenant = () => {
    const tenant = `t${nextTenant++}`;
    return {
      tenant,
      quota: (name: string, spec: unknown) => store.create({ kind: 'Quota', metadata: { name }, spec }, { tenant }),
      create: (object: NewObject, by: string | undefined = 'ada') => store.create(object, { tenant, ...(by === '' ? {} : { by }) }),
      count: async (kind: string) => (await store.list({ tenant, kind })).items.length,
    };
  };
  const outcomes = async (all: Promise<unknown>[]) => {
    const settled = await Promise.allSettled(all);
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as SlipwayError] : []));
    return { made: settled.length - refused.length, refused };
  };

  it('says beforehand what several changes together would not fit, counting only what grows', async () => {
    const { tenant, quota, create } = inTenant();
    await quota('small', { project: 'shop', hard: { nodes: 4, memoryMiB: 100_000 } });
    await quota('elsewhere', { project: 'data', hard: { nodes: 0 } });
    await quota('ada', { user: 'ada', hard: { nodes: 0 } });
    await create(cluster('one'), 'bob');
    const change = (object: NewObject, before?: unknown) => ({ kind: object.kind, project: 'shop', before, spec: object.spec });
    const quotas = createQuotas(database);
    expect(await quotas.refusals(tenant, [change(cluster('two')), change(pool('two-a', 2))])).toEqual([]);
    expect(await quotas.refusals(tenant, [change(cluster('two')), change(pool('two-a', 2)), change(pool('two-b', 1))])).toEqual([
      'exceeded quota: small, requested: nodes=4, used: nodes=1, limited: nodes=4',
    ]);
    expect(await quotas.refusals(tenant, [change(cluster('one'), cluster('one').spec), change(pool('p', 3), pool('p', 3).spec)])).toEqual(
      [],
    );
    const unsized = { kind: 'MachinePool', project: 'shop', before: undefined, spec: { replicas: 1, size: {} } };
    expect(await quotas.refusals(tenant, [unsized])).toEqual(['failed quota: small: must specify memoryMiB (spec.size.memoryMiB)']);
  });

  it('32 at once never get past the limit', async () => {
    const { quota, create, count } = inTenant();
    await quota('shop', { project: 'shop', hard: { clusters: 10 } });
    const { made, refused } = await outcomes(Array.from({ length: 32 }, (_, n) => create(cluster(`c${n}`))));
    expect(made).toBe(10);
    expect(await count('Cluster')).toBe(10);
    for (const error of refused) {
      expect(error.code).toBe('Forbidden');
      expect(error.message).toMatch(
        /^clusters\.slipway\.dev "c\d+" is forbidden: exceeded quota: shop, requested: clusters=1, used: clusters=10, limited: clusters=10$/,
      );
    }
  });

  it('32 that scale at once never get past the limit, and lowering makes room', async () => {
    const { tenant, quota, create } = inTenant();
    await quota('nodes', { hard: { nodes: 50, cpu: 100 } });
    const pools = await Promise.all(Array.from({ length: 32 }, (_, n) => create(pool(`p${n}`, 1))));
    const scale = (object: (typeof pools)[number], replicas: number) =>
      store.update(
        { ...object, metadata: { ...object.metadata, resourceVersion: '' }, spec: { ...(object.spec as object), replicas } },
        { tenant, by: 'bob' },
      );
    const { made, refused } = await outcomes(pools.map((one) => scale(one, 4)));
    expect(made).toBe(6);
    expect(refused[0]?.message).toBe(
      'machinepools.slipway.dev "p' +
        /"p(\d+)"/.exec(refused[0]?.message ?? '')?.[1] +
        '" is forbidden: exceeded quota: nodes, requested: cpu=6,nodes=3, used: cpu=100,nodes=50, limited: cpu=100,nodes=50',
    );
    const grown = (await store.list({ tenant, kind: 'MachinePool' })).items.find(
      ({ spec }) => (spec as { replicas: number }).replicas === 4,
    );
    await scale(grown as (typeof pools)[number], 1);
    expect((await outcomes([scale(grown as (typeof pools)[number], 4)])).made).toBe(1);
  });

  it('project, user and whole tenant: each is kept, and only where it applies', async () => {
    const { quota, create } = inTenant();
    await quota('shop', { project: 'shop', hard: { clusters: 2 } });
    await quota('bob', { user: 'bob', hard: { clusters: 1 } });
    await quota('all', { hard: { clusters: 4 } });
    await create(cluster('a'), 'bob');
    await expect(create(cluster('b'), 'bob')).rejects.toThrow(
      /exceeded quota: bob, requested: clusters=1, used: clusters=1, limited: clusters=1/,
    );
    await create(cluster('b'), 'ada');
    await expect(create(cluster('c'), 'ada')).rejects.toThrow(/exceeded quota: shop/);
    await create(cluster('c', 'other'), 'ada');
    await create(cluster('d', 'other'), 'ada');
    await expect(create(cluster('e', 'other'), 'ada')).rejects.toThrow(/exceeded quota: all/);
    // Slipway itself is not stopped: what it makes follows from what was admitted.
    await create(cluster('e', 'other'), '');
  });

  it('what operators give a tenant holds its admins too', async () => {
    const { tenant, create, quota } = inTenant();
    await store.create(
      { kind: 'TenantQuota', metadata: { name: `plan-${tenant}` }, spec: { tenant, hard: { objects: 3 } } },
      { tenant: SYSTEM_TENANT },
    );
    await quota('generous', { hard: { objects: 1000 } });
    await create(cluster('a'));
    await create(cluster('b'));
    await expect(create(cluster('c'))).rejects.toThrow(
      new RegExp(`exceeded quota: plan-${tenant}, requested: objects=1, used: objects=3, limited: objects=3`),
    );
    const other = inTenant();
    await other.create(cluster('c'));
  });

  it('a limit below what is used deletes nothing and blocks growth only', async () => {
    const { tenant, quota, create } = inTenant();
    const big = await create(pool('big', 10));
    await quota('low', { hard: { nodes: 5 } });
    const change = (replicas: number, labels = {}) =>
      store.update(
        { ...big, metadata: { ...big.metadata, resourceVersion: '', labels }, spec: { ...(big.spec as object), replicas } },
        { tenant, by: 'ada' },
      );
    await expect(change(11)).rejects.toThrow(/exceeded quota: low, requested: nodes=1, used: nodes=10, limited: nodes=5/);
    await change(10, { touched: 'yes' });
    await change(8);
    await expect(change(9)).rejects.toThrow(/used: nodes=8/);
    await store.delete({ tenant, kind: 'MachinePool', project: 'shop', name: 'big' });
    await create(pool('small', 5));
  });

  it('a dry run says the same and takes nothing', async () => {
    const { tenant, quota, create } = inTenant();
    await quota('one', { hard: { clusters: 1 } });
    for (let n = 0; n < 3; n++) await store.create(cluster('a'), { tenant, by: 'ada', dryRun: true });
    await create(cluster('a'));
    await expect(store.create(cluster('b'), { tenant, by: 'ada', dryRun: true })).rejects.toThrow(/exceeded quota: one/);
  });

  it('shows what is used, soon after it changed', async () => {
    const { tenant, quota, create } = inTenant();
    const stop = new AbortController();
    await create(cluster('before'));
    await quota('shop', { project: 'shop', hard: { clusters: 5, nodes: 9 } });
    const running = createQuotaStatus({ database, store, logger: silentLogger, settleMs: 5 }).run(stop.signal);
    const shown = (used: object) =>
      waitFor(
        async () => {
          const { status } = (await store.get({ tenant, kind: 'Quota', name: 'shop' })) ?? {};
          expect(status).toEqual({ hard: { clusters: 5, nodes: 9 }, used });
          return true;
        },
        { what: 'the status of the quota', timeoutMs: 20_000, intervalMs: 20 },
      );
    await shown({ clusters: 1, nodes: 1 });
    await create(pool('p', 3));
    await shown({ clusters: 1, nodes: 4 });
    await store.delete({ tenant, kind: 'Cluster', project: 'shop', name: 'before' });
    await shown({ clusters: 0, nodes: 3 });
    stop.abort();
    await running;
  });
});
