import { SlipwayError } from '@slipway/kit';
import type { ClusterProfileSpec } from '@slipway/model';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from './test-world.ts';

async function expectAsWanted(world: World): Promise<void> {
  const cluster = await world.cluster();
  const real = cluster && world.fleet.clusters.get(cluster.metadata.uid);
  if (!cluster || !real) {
    expect([...world.fleet.clusters.values()].filter((candidate) => !candidate.deleted)).toEqual([]);
    expect((await world.store.list({ kind: 'Machine' })).items).toEqual([]);
    expect((await world.store.list({ kind: 'MachinePool' })).items).toEqual([]);
    return;
  }
  const profile = (await world.store.get({ kind: 'ClusterProfile', name: 'starter' }))?.spec as ClusterProfileSpec;
  const wanted = profile.versions.find((candidate) => candidate.version === cluster.spec.profile.version);
  const kubernetes = wanted?.layers.find((layer) => layer.type === 'kubernetes')?.builtin?.version;
  const pool = await world.pool();
  const count = (name: string) => real.machines.filter((machine) => machine.pool === name).length;
  expect(count('control-plane')).toBe(cluster.spec.controlPlane.replicas);
  expect(count('workers')).toBe(pool?.spec.replicas ?? 0);
  expect(new Set(real.machines.map((machine) => machine.version))).toEqual(new Set([`v${kubernetes}`]));
  expect([...real.layers.keys()].toSorted()).toEqual(
    wanted?.layers
      .filter((layer) => !layer.builtin)
      .map((layer) => layer.name)
      .toSorted(),
  );
  const machines = (await world.store.list({ kind: 'Machine' })).items.map((machine) => machine.metadata.name);
  expect(machines).toEqual(real.machines.map((machine) => machine.name).toSorted());
  expect(cluster.status?.phase).toBe('Running');
  expect(cluster.status?.observedGeneration).toBe(cluster.metadata.generation);
  if (pool) expect(pool.status?.conditions[0]).toMatchObject({ type: 'Ready', status: 'True' });
}

const userAction = fc.oneof(
  fc.record({ type: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ type: fc.constant('profile' as const), version: fc.constantFrom('1.0.0', '1.1.0', '1.2.0') }),
  fc.record({ type: fc.constant('variable' as const), size: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ type: fc.constant('controlPlane' as const), replicas: fc.constantFrom(1, 3) }),
  fc.record({ type: fc.constant('run' as const) }),
  fc.record({ type: fc.constant('fleet' as const), steps: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constant('gateway' as const), connected: fc.boolean() }),
  fc.record({ type: fc.constant('deletePool' as const) }),
  fc.record({ type: fc.constant('kill' as const), writes: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ type: fc.constant('minutes' as const) }),
  fc.record({ type: fc.constant('pause' as const), paused: fc.boolean() }),
  fc.record({ type: fc.constant('charts' as const), available: fc.boolean() }),
);
type UserAction = typeof userAction extends fc.Arbitrary<infer T> ? T : never;

/** Ends outages and pauses: from here on nothing is in the way. */
async function makeWell(world: World): Promise<void> {
  world.fleet.setConnected(world.gateway.metadata.uid, true);
  world.missingCharts.clear();
  await world.edit('Cluster', 'dev', (spec) => ({ ...spec, paused: false }));
}

async function act(world: World, action: UserAction): Promise<void> {
  switch (action.type) {
    case 'scale':
      return world.edit('MachinePool', 'dev-workers', (spec) => ({ ...spec, replicas: action.replicas }));
    case 'profile':
      return world.edit('Cluster', 'dev', (spec) => ({ ...spec, profile: { name: 'starter', version: action.version } }));
    case 'variable':
      return world.edit('Cluster', 'dev', (spec) => ({ ...spec, variables: { size: action.size } }));
    case 'controlPlane':
      return world.edit('Cluster', 'dev', (spec) => ({ ...spec, controlPlane: { ...spec.controlPlane, replicas: action.replicas } }));
    case 'run':
      return world.runAll();
    case 'fleet':
      for (let step = 0; step < action.steps; step++) world.stepFleet();
      return;
    case 'gateway':
      return world.fleet.setConnected(world.gateway.metadata.uid, action.connected);
    case 'deletePool':
      if (await world.pool()) await world.store.delete({ kind: 'MachinePool', project: 'default', name: 'dev-workers' });
      return;
    case 'kill':
      world.burnAfter(action.writes);
      await world.runAll().catch((error: unknown) => {
        if (!(error instanceof SlipwayError && error.message === 'killed')) throw error;
      });
      world.burnAfter(Number.POSITIVE_INFINITY);
      return;
    case 'pause':
      return world.edit('Cluster', 'dev', (spec) => ({ ...spec, paused: action.paused }));
    case 'charts':
      world.missingCharts.clear();
      for (const chart of action.available ? [] : ['chart-a', 'chart-b']) world.missingCharts.add(chart);
      return;
    case 'minutes':
      return world.clock.advance(120_000);
  }
}

/** More with SLIPWAY_PROPERTY_RUNS; a failure prints its seed. */
const RUNS = Number(process.env.SLIPWAY_PROPERTY_RUNS ?? 50);

describe('convergence', () => {
  it('makes a cluster, and then does nothing', async () => {
    const world = await createWorld();
    await world.create();
    await world.settle();
    await expectAsWanted(world);
    const { writes } = world.store;
    await world.runAll();
    await world.runAll();
    expect(world.store.writes).toBe(writes);
    const cluster = await world.cluster();
    expect(cluster?.status?.timeline.map((step) => step.step)).toEqual(
      expect.arrayContaining(['Infrastructure', 'Control plane', 'Workers', 'Agent', 'Layer one', 'Ready']),
    );
    expect(cluster?.status?.timeline.every((step) => step.finishedAt !== undefined)).toBe(true);
  });

  it('converges from any state that users, outages and kills can reach, and the next run does nothing', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(userAction, { maxLength: 14 }), async (actions) => {
        const world = await createWorld();
        await world.create();
        for (const action of actions) await act(world, action);
        await makeWell(world);
        await world.settleApproving();
        await expectAsWanted(world);
        const { writes } = world.store;
        await world.runAll();
        expect(world.store.writes).toBe(writes);
      }),
      { numRuns: RUNS },
    );
  });

  it('deletes to nothing from any such state, killed after any write', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(userAction, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 }),
        async (actions, kills) => {
          const world = await createWorld();
          await world.create();
          for (const action of actions) await act(world, action);
          await makeWell(world);
          await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
          for (const writes of kills) {
            await act(world, { type: 'kill', writes });
            world.stepFleet();
          }
          await world.settle();
          expect(await world.cluster()).toBeUndefined();
          await expectAsWanted(world);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
