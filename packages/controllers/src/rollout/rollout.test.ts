import { SlipwayError } from '@slipway/kit';
import { type ClusterTemplateStatus, markOf, type RolloutSpec, type RolloutStatus } from '@slipway/model';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterObject } from '../reads.ts';
import { createWorld, object } from '../test-world.ts';
import type { RolloutObject } from './scope.ts';

const CLUSTERS = 5;

async function fleetWorld(template?: string) {
  const world = await createWorld();
  if (template !== undefined)
    await world.store.create(object('ClusterTemplate', template, { profile: { name: 'starter', version: '1.0.0' }, rollout: quick }));
  for (let index = 0; index < CLUSTERS; index++) {
    const spec = {
      profile: { name: 'starter', version: '1.0.0' },
      variables: { size: index + 1 },
      ...(template === undefined ? {} : { template: { name: template } }),
    };
    const made = object('Cluster', `c${index}`, spec, 'default');
    await world.store.create({ ...made, metadata: { ...made.metadata, labels: { tier: index === 0 ? 'canary' : 'prod' } } });
  }
  await world.settle();
  const clusters = async () => (await world.store.list({ kind: 'Cluster' })).items as ClusterObject[];
  const rollout = async (name = 'go') => (await world.store.get({ kind: 'Rollout', name })) as RolloutObject;
  return {
    ...world,
    clusters,
    rollout,
    versions: async () => (await clusters()).map(({ spec }) => spec.profile.version),
    start: (spec: unknown) => world.store.create(object('Rollout', 'go', spec)),
    async change(spec: Partial<RolloutSpec>) {
      const stored = await rollout();
      await world.store.update({ ...stored, spec: { ...stored.spec, ...spec } });
    },
    /** Lets time pass until nothing moves any more. */
    async minutes(count: number) {
      for (let minute = 0; minute < count; minute++) {
        await world.settle();
        await world.clock.advance(60_000);
      }
      await world.settle();
    },
  };
}

const quick = { gates: { readyMinutes: 1, timeoutMinutes: 20 }, maxConcurrent: 2 };
const target = { name: 'starter', version: '1.1.0' };

describe('the rollout controller', { timeout: 120_000 }, () => {
  it('asks for an approval of what its plan repaves, then takes the canary and the rest there', async () => {
    const world = await fleetWorld();
    await world.start({ target, ...quick });
    await world.minutes(1);
    const waits = (await world.rollout()).status as RolloutStatus;
    expect(waits).toMatchObject({ phase: 'WaitingForApproval', approval: { disruptions: ['repave: Kubernetes v1.35.4 → v1.36.3'] } });
    expect(await world.versions()).toEqual(Array(CLUSTERS).fill('1.0.0'));
    const plan = await world.make().planRollout('default', await world.rollout());
    expect(plan).toMatchObject({ total: CLUSTERS, refused: 0, approval: waits.approval?.id, impacts: { repave: CLUSTERS } });
    expect(plan.kinds).toHaveLength(1);
    await world.change({ approvals: [waits.approval?.id ?? ''] });
    await world.minutes(1);
    expect((await world.versions()).filter((version) => version === '1.1.0').length).toBeLessThan(CLUSTERS);
    await world.minutes(8);
    expect(await world.versions()).toEqual(Array(CLUSTERS).fill('1.1.0'));
    expect((await world.rollout()).status).toMatchObject({ phase: 'Completed', counts: { done: CLUSTERS } });
    // Each carries the approval of its very own plan, and where it came from.
    for (const cluster of await world.clusters()) {
      expect(cluster.spec.approvals).toHaveLength(1);
      expect(markOf(cluster)).toMatchObject({ from: '1.0.0', to: '1.1.0' });
      expect(cluster.spec.variables).toEqual({ size: Number(cluster.metadata.name.slice(1)) + 1 });
    }
    const { writes } = world.store;
    await world.minutes(2);
    expect(world.store.writes, 'a finished rollout does nothing').toBe(writes);
  });

  it('notes at a cluster why it cannot be moved, changes nothing there, and goes on with the others', async () => {
    const world = await fleetWorld();
    const [first] = await world.clusters();
    await world.store.update({ ...(first as ClusterObject), spec: { ...(first as ClusterObject).spec, gateway: 'gone' } });
    await world.start({ target: { name: 'starter', version: '1.1.0' }, ...quick });
    await world.minutes(1);
    await world.change({ approvals: [(await world.rollout()).status?.approval?.id ?? ''] });
    await world.minutes(10);
    const { status } = await world.rollout();
    expect(status).toMatchObject({ phase: 'Completed', counts: { done: CLUSTERS - 1, failed: 1 } });
    expect(status?.clusters).toMatchObject([{ name: 'c0', state: 'Refused', message: expect.stringContaining('gateway') }]);
    expect((await world.versions()).toSorted()).toEqual(['1.0.0', ...Array(CLUSTERS - 1).fill('1.1.0')]);
  });

  it('passes over a cluster whose overrides conflict, says where, and takes it along when that is decided', async () => {
    const world = await fleetWorld();
    const addons = [{ scope: 'tenant' as const, name: 'tools', version: '1.0.0' }];
    const tools = (version: string, replicas: number, more: object = {}) => ({
      version,
      layers: [{ name: 'db', type: 'addon', chart: { registry: 'builtin', name: 'db', version: '1.0.0' }, values: { replicas, ...more } }],
    });
    const versions = [tools('1.0.0', 1, { old: true }), tools('1.1.0', 3)];
    await world.store.create(object('ClusterProfile', 'tools', { type: 'addon', versions }));
    const own = { db: { values: { replicas: 5, old: false }, decisions: {} } };
    for (const cluster of await world.clusters()) {
      const overrides =
        cluster.metadata.name === 'c2' ? own : cluster.metadata.name === 'c3' ? { db: { values: { old: false }, decisions: {} } } : {};
      await world.store.update({ ...cluster, spec: { ...cluster.spec, addons, overrides } });
    }
    await world.start({ target: { name: 'tools', version: '1.1.0' }, ...quick });
    const plan = await world.make().planRollout('default', await world.rollout());
    expect(plan).toMatchObject({ refused: 1, blocked: 1, refusals: [{ cluster: 'default/c2', conflicts: ['db.replicas'] }] });
    // The last wave waits, so that the rollout is still under way.
    await world.change({
      waves: [
        { name: 'most', labels: 'tier=prod', automatic: true },
        { name: 'rest', percent: 100, automatic: false },
      ],
    });
    await world.minutes(6);
    const { status } = await world.rollout();
    expect(status).toMatchObject({ phase: 'WaitingForRelease' });
    expect(status?.clusters.find(({ name }) => name === 'c2')).toMatchObject({ state: 'Blocked', conflicts: ['db.replicas'] });
    const find = async (name: string) => (await world.clusters()).find(({ metadata }) => metadata.name === name) as ClusterObject;
    const blocked = await find('c2');
    expect(blocked.spec, 'nothing is changed there').toMatchObject({ addons, overrides: own });
    expect(markOf(blocked)?.refused).toContain('spec.overrides.db.values.replicas');
    const decided = { db: { ...own.db, madeFor: '1.1.0', decisions: { replicas: 'keep' as const } } };
    await world.store.update({ ...blocked, spec: { ...blocked.spec, overrides: decided }, metadata: { ...blocked.metadata } });
    await world.minutes(4);
    await world.change({ release: ['rest'] });
    await world.minutes(6);
    expect((await world.rollout()).status).toMatchObject({ phase: 'Completed', counts: { done: CLUSTERS, failed: 0 } });
    const moved = await find('c2');
    expect(moved.spec).toMatchObject({ addons: [{ version: '1.1.0' }], overrides: decided });
    // A clean merge says which version it was made for: that is how what it lost is still known, and told.
    const orphaned = await find('c3');
    expect(orphaned.spec.overrides).toEqual({ db: { values: { old: false }, decisions: {}, madeFor: '1.0.0' } });
    expect(orphaned.status?.conditions.find(({ type }) => type === 'OverridesFit')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('layer db: old'),
    });
    expect(orphaned.status?.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });

  it('converges wherever it is killed, and moves nobody twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 15 }), async (kills) => {
        const world = await fleetWorld();
        await world.start({ target: { name: 'starter', version: '1.1.0' }, ...quick, maxConcurrent: 3 });
        await world.minutes(1);
        await world.change({ approvals: [(await world.rollout()).status?.approval?.id ?? ''] });
        for (const writes of kills) {
          world.burnAfter(writes);
          await world.runAll().catch((error: unknown) => {
            if (!(error instanceof SlipwayError && error.message === 'killed')) throw error;
          });
          world.burnAfter(Number.POSITIVE_INFINITY);
          world.stepFleet();
          await world.clock.advance(60_000);
        }
        await world.minutes(10);
        expect(await world.versions()).toEqual(Array(CLUSTERS).fill('1.1.0'));
        expect((await world.rollout()).status?.phase).toBe('Completed');
        for (const cluster of await world.clusters()) expect(markOf(cluster)?.from).toBe('1.0.0');
      }),
      { numRuns: 8 },
    );
  });
});

describe('the cluster template controller', { timeout: 120_000 }, () => {
  it('takes its followers along by a rollout of its own, and aborts one that the template has overtaken', async () => {
    const world = await fleetWorld('shops');
    const template = async () =>
      (await world.store.get({ kind: 'ClusterTemplate', name: 'shops' })) as never as {
        metadata: never;
        spec: { profile: object };
        status: ClusterTemplateStatus;
      };
    expect((await template()).status).toMatchObject({ clusters: CLUSTERS, current: CLUSTERS });
    const say = async (version: string) => {
      const stored = await template();
      await world.store.update({ ...stored, spec: { ...stored.spec, profile: { scope: 'tenant', name: 'starter', version } } } as never);
    };
    await say('1.1.0');
    await world.minutes(1);
    const [first] = (await world.store.list({ kind: 'Rollout' })).items as RolloutObject[];
    expect(first?.spec).toMatchObject({ target: { version: '1.1.0' }, selector: { template: 'shops' }, maxConcurrent: 2 });
    await say('1.2.0');
    await world.minutes(1);
    const rollouts = (await world.store.list({ kind: 'Rollout' })).items as RolloutObject[];
    expect(rollouts.map(({ spec, status }) => [spec.target.version, status?.phase]).toSorted()).toEqual([
      ['1.1.0', 'Aborted'],
      ['1.2.0', 'WaitingForApproval'],
    ]);
    const next = rollouts.find(({ spec }) => spec.target.version === '1.2.0') as RolloutObject;
    await world.store.update({ ...next, spec: { ...next.spec, approvals: [next.status?.approval?.id ?? ''] } });
    await world.minutes(12);
    expect(await world.versions()).toEqual(Array(CLUSTERS).fill('1.2.0'));
    expect((await template()).status).toMatchObject({ current: CLUSTERS, rollouts: [] });
  });

  it('changes nothing of a cluster that is attached or detached', async () => {
    const world = await fleetWorld();
    await world.store.create(object('ClusterTemplate', 'shops', { profile: { name: 'starter', version: '1.0.0' }, rollout: quick }));
    const [before] = (await world.clusters()) as [ClusterObject];
    const own = { ...before.spec, overrides: { one: { values: { a: 1 }, decisions: {} } }, template: { name: 'shops' } };
    await world.store.update({ ...before, spec: own });
    await world.minutes(2);
    const attached = (await world.clusters())[0] as ClusterObject;
    expect(attached.spec).toEqual(own);
    const { template: _template, ...rest } = attached.spec;
    await world.store.update({ ...attached, spec: rest });
    await world.minutes(2);
    expect((await world.clusters())[0]?.spec).toEqual(rest);
  });

  it('moves an attached cluster with its overrides, which stay when it goes back and is detached', async () => {
    const world = await fleetWorld();
    const versions = (replicas: number, version: string) => ({
      version,
      layers: [
        { name: 'db', type: 'addon', chart: { registry: 'builtin', name: 'db', version: '1.0.0' }, values: { replicas, cache: replicas } },
      ],
    });
    await world.store.create(object('ClusterProfile', 'tools', { type: 'addon', versions: [versions(1, '1.0.0'), versions(2, '1.1.0')] }));
    const addon = (version: string) => ({ scope: 'tenant' as const, name: 'tools', version });
    await world.store.create(
      object('ClusterTemplate', 'shops', { profile: { name: 'starter', version: '1.0.0' }, addons: [addon('1.0.0')], rollout: quick }),
    );
    const [before] = (await world.clusters()) as [ClusterObject];
    const values = { own: true, nested: { deep: [1] } };
    const overrides = { one: { values: {}, decisions: {} }, db: { values, decisions: {} } };
    await world.store.update({ ...before, spec: { ...before.spec, overrides, addons: [addon('1.0.0')], template: { name: 'shops' } } });
    await world.minutes(2);
    const first = async () => (await world.clusters())[0] as ClusterObject;
    const say = async (version: string) => {
      const stored = (await world.store.get({ kind: 'ClusterTemplate', name: 'shops' })) as never as { spec: object };
      await world.store.update({ ...stored, spec: { ...stored.spec, addons: [addon(version)] } } as never);
      await world.minutes(6);
      expect((await first()).spec.addons).toEqual([addon(version)]);
      expect((await first()).spec.overrides['db']?.values).toEqual(values);
    };
    for (const version of ['1.1.0', '1.0.0']) await say(version);
    const attached = await first();
    const { template: _template, ...rest } = attached.spec;
    await world.store.update({ ...attached, spec: rest });
    await world.minutes(2);
    expect((await first()).spec).toEqual(rest);
    expect(Object.keys(rest.overrides).toSorted()).toEqual(['db', 'one']);
  });
});
