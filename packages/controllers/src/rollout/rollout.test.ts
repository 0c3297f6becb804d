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
});
