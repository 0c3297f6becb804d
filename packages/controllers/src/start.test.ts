import { afterEach, expect, it } from 'vitest';
import { settled } from '@slipway/testkit';
import { createWorld, type World } from './test-world.ts';

const stops: AbortController[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop.abort()));

/** Controllers started as the hub starts them: woken by watches and facts alone, since no test calls them. */
function start(world: World): Promise<void> {
  const stop = new AbortController();
  stops.push(stop);
  return world.make().start(stop.signal);
}

async function until(world: World, what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 300; round++) {
    await settled();
    if (await holds()) return;
    world.stepFleet();
    // Less than a resync: what is not woken by an event does not come to be.
    await world.clock.advance(100);
  }
  throw new Error(`never: ${what}: ${JSON.stringify((await world.cluster())?.status, null, 1)}`);
}

const isRunning = (world: World) => async (): Promise<boolean> => {
  const cluster = await world.cluster();
  return cluster?.status?.phase === 'Running' && cluster.status.observedGeneration === cluster.metadata.generation;
};

it('is woken by every change it depends on: creation, scaling, upgrade, outage, deletion', async () => {
  const world = await createWorld();
  const running = start(world);
  await world.create();
  await until(world, 'the cluster runs', isRunning(world));

  await world.edit('MachinePool', 'dev-workers', (spec) => ({ ...spec, replicas: 3 }));
  await until(world, 'three workers', async () => (await world.pool())?.status?.readyReplicas === 3 && isRunning(world)());

  await world.edit('Cluster', 'dev', (spec) => ({ ...spec, profile: { name: 'starter', version: '1.1.0' } }));
  await until(world, 'asks for the approval', async () => (await world.cluster())?.status?.approval !== undefined);
  const approvals = [(await world.cluster())?.status?.approval?.id];
  await world.edit('Cluster', 'dev', (spec) => ({ ...spec, approvals }));
  await until(world, 'upgraded', async () => (await world.cluster())?.status?.kubernetesVersion === 'v1.36.3' && isRunning(world)());

  await world.store.delete({ kind: 'MachinePool', project: 'default', name: 'dev-workers' });
  await until(world, 'the pool is gone', async () => (await world.pool()) === undefined);
  await until(world, 'one machine is left', async () => (await world.store.list({ kind: 'Machine' })).items.length === 1);

  await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
  await until(world, 'the cluster is gone', async () => (await world.cluster()) === undefined);
  expect((await world.store.list({ kind: 'Machine' })).items).toEqual([]);
  expect(world.fleet.forgotten.size).toBe(1);
  const usedBy = async () =>
    (await world.store.get({ kind: 'ClusterProfile', name: 'starter' }))?.status as { inUseBy: number } | undefined;
  await until(world, 'the profile is free', async () => (await usedBy())?.inUseBy === 0);
  stops[0]?.abort();
  await running;
});

it('says Unknown and why when the gateway has been away for longer than a reconnect takes, and touches nothing', async () => {
  const world = await createWorld();
  void start(world);
  await world.create();
  await until(world, 'the cluster runs', isRunning(world));
  const machines = [...world.fleet.clusters.values()].map((cluster) => cluster.machines.length);

  world.fleet.setConnected(world.gateway.metadata.uid, false);
  await world.clock.advance(30_000);
  expect((await world.cluster())?.status?.phase, 'a short absence shows nothing').toBe('Running');
  await world.clock.advance(11 * 60_000);
  const away = (await world.cluster())?.status;
  expect(away?.phase).toBe('Unknown');
  expect(away?.message).toContain('gateway "local" is not connected');
  expect(away?.conditions.find((condition) => condition.type === 'LayersReady')?.status, 'its agent is still heard').toBe('True');
  expect([...world.fleet.clusters.values()].map((cluster) => cluster.machines.length)).toEqual(machines);
  world.fleet.setConnected(world.gateway.metadata.uid, true);
  await world.clock.advance(11 * 60_000);
  expect((await world.cluster())?.status?.phase).toBe('Running');
});
