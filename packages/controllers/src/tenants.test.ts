import type { ApiObject, GatewayPlan } from '@slipway/model';
import { settled } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import type { ClusterObject, GatewayObject } from './reads.ts';
import { createWorld, object, VERSIONS, type World } from './test-world.ts';

/** A second tenant as the hub makes one: its own project, profile and account, and the installation's gateway under the same name. */
async function withAcme(world: World, gateway: object = { provider: 'installation' }): Promise<void> {
  const make = (...given: Parameters<typeof object>) => world.store.create(object(...given), { tenant: 'acme' });
  await make('Gateway', 'local', gateway);
  await make('CloudAccount', 'local', { cloud: 'local' });
  await make('Project', 'default', {});
  await make('ClusterProfile', 'starter', { versions: VERSIONS.slice(0, 2) });
}
const build = async (world: World, version = '1.0.0') => {
  await world.store.create(object('Cluster', 'dev', { profile: { name: 'starter', version } }, 'default'), { tenant: 'acme' });
  await world.store.create(object('MachinePool', 'dev-workers', { cluster: 'dev', replicas: 2 }, 'default'), { tenant: 'acme' });
};
const share = async (world: World, shared: boolean) => {
  const gateway = (await world.store.get({ kind: 'Gateway', name: 'local' })) as GatewayObject;
  await world.store.update({ ...gateway, spec: { ...gateway.spec, shared } });
};
const dev = (world: World) =>
  world.store.get({ tenant: 'acme', kind: 'Cluster', project: 'default', name: 'dev' }) as Promise<ClusterObject | undefined>;
const names = async (world: World, kind: string, tenant: string) =>
  (await world.store.list({ kind, tenant })).items.map(({ metadata }) => metadata.name);

describe('tenants', () => {
  it('build clusters of the same name with one gateway, and neither has anything of the other', async () => {
    const world = await createWorld();
    await withAcme(world);
    await share(world, true);
    await world.create();
    await build(world, '1.1.0');
    await world.settle();
    const [ours, theirs] = [await world.cluster(), await dev(world)];
    expect([ours?.status?.phase, theirs?.status?.phase]).toEqual(['Running', 'Running']);
    expect([ours?.status?.kubernetesVersion, theirs?.status?.kubernetesVersion]).toEqual(['v1.35.4', 'v1.36.3']);
    const plan = (await world.fleet.plans.latestGateway(world.gateway.metadata.uid))?.plan as GatewayPlan;
    expect(plan.clusters.map(({ name }) => name)).toEqual(['dev', 'dev']);
    expect(new Set(plan.clusters.map(({ namespace }) => namespace)).size).toBe(2);
    expect(await names(world, 'Machine', 'default')).toHaveLength(2);
    expect(await names(world, 'Machine', 'acme')).toHaveLength(3);
    for (const tenant of ['default', 'acme']) {
      const events = (await world.store.list({ kind: 'Event', tenant })).items as ApiObject<any>[];
      const uid = (tenant === 'acme' ? theirs : ours)?.metadata.uid;
      expect(events.filter(({ spec }) => spec.regarding.kind === 'Cluster' && spec.regarding.uid !== uid)).toEqual([]);
      expect(events.length).toBeGreaterThan(3);
      const status = async (kind: string, name: string) => (await world.store.get({ kind, name, tenant }))?.status as any;
      expect((await status('Gateway', 'local')).clusters, 'nobody counts the others').toBe(1);
      expect((await status('Gateway', 'local')).connected).toBe(true);
      expect((await status('Project', 'default')).clusters).toBe(1);
      expect((await status('ClusterProfile', 'starter')).inUseBy).toBe(1);
    }
    const { writes } = world.store;
    await world.runAll();
    expect(world.store.writes).toBe(writes);
    await world.store.delete({ tenant: 'acme', kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    expect(await dev(world)).toBeUndefined();
    expect(await names(world, 'Machine', 'acme')).toEqual([]);
    expect((await world.cluster())?.status?.phase).toBe('Running');
    expect(await names(world, 'Machine', 'default')).toHaveLength(2);
  });

  it('change nothing about what is published for the first tenant', async () => {
    const planOf = async (world: World) => {
      await world.create();
      await world.settle();
      const uid = (await world.cluster())?.metadata.uid ?? '';
      const { plan } = (await world.fleet.plans.latestGateway(world.gateway.metadata.uid)) as { plan: GatewayPlan };
      const entry = plan.clusters.find(({ clusterUid }) => clusterUid === uid);
      return JSON.stringify(entry).replaceAll(uid, 'UID').replaceAll(uid.replaceAll('-', '').slice(0, 8), 'SHORT');
    };
    const [alone, together] = [await createWorld(), await createWorld()];
    await withAcme(together);
    await share(together, true);
    await build(together);
    expect(await planOf(together)).toBe(await planOf(alone));
  });

  it('get nothing of a gateway that is not shared, are told so, and keep what they have when it no longer is', async () => {
    const world = await createWorld();
    await withAcme(world);
    await build(world);
    await world.settle();
    expect((await dev(world))?.status?.message).toContain('not shared with this tenant');
    expect(await names(world, 'Machine', 'acme')).toEqual([]);
    const seen = (await world.store.get({ tenant: 'acme', kind: 'Gateway', name: 'local' }))?.status as any;
    expect(seen.conditions.find(({ type }: any) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'GatewayNotShared' });
    await share(world, true);
    await world.settle();
    expect((await dev(world))?.status?.phase).toBe('Running');
    await share(world, false);
    await world.settle();
    expect((await dev(world))?.status?.phase).toBe('Running');
    const pool = (await world.store.get({
      tenant: 'acme',
      kind: 'MachinePool',
      project: 'default',
      name: 'dev-workers',
    })) as ApiObject<any>;
    await world.store.update({ ...pool, spec: { ...pool.spec, replicas: 1 } }, { tenant: 'acme' });
    await world.settle();
    expect(await names(world, 'Machine', 'acme')).toHaveLength(2);
    await world.store.delete({ tenant: 'acme', kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    expect(await dev(world)).toBeUndefined();
  });

  it('with a gateway of their own do not touch the installation’s, whatever their gateways are called', async () => {
    const world = await createWorld();
    await withAcme(world, {});
    await share(world, true);
    await build(world);
    await world.settle();
    expect(await names(world, 'Machine', 'acme')).toEqual([]);
    const own = (await world.store.get({ tenant: 'acme', kind: 'Gateway', name: 'local' }))?.status as any;
    expect(own.conditions.find(({ type }: any) => type === 'Connected')).toMatchObject({ status: 'False', reason: 'NeverConnected' });
    expect((await world.fleet.plans.latestGateway(world.gateway.metadata.uid))?.plan.clusters ?? []).toEqual([]);
  });

  it('are woken by their own changes and reports, as controllers are started by the hub', async () => {
    const world = await createWorld();
    await withAcme(world);
    await share(world, true);
    const stop = new AbortController();
    const running = world.make().start(stop.signal);
    await build(world);
    for (let round = 0; round < 300 && (await dev(world))?.status?.phase !== 'Running'; round++) {
      await settled();
      world.stepFleet();
      await world.clock.advance(100);
    }
    expect((await dev(world))?.status?.phase).toBe('Running');
    stop.abort();
    await running;
  });

  it('plan with their own objects', async () => {
    const world = await createWorld();
    await withAcme(world);
    await share(world, true);
    await world.create();
    const cluster = (await world.cluster()) as ApiObject<any>;
    const plan = (tenant: string) => world.make().planFor({ tenant, project: 'default', candidates: [{ object: cluster }] });
    expect((await plan('default')).actions).toEqual([]);
    expect((await plan('acme')).actions[0], 'there is no such cluster in acme').toMatchObject({ verb: 'create' });
  });
});
