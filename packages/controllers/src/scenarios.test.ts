import type { ApiObject, EventSpec } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { FORCE_DELETE } from './cluster/delete.ts';
import { createWorld, object, type World } from './test-world.ts';

async function running(): Promise<World> {
  const world = await createWorld();
  await world.create();
  await world.settle();
  return world;
}

const real = async (world: World) => world.fleet.clusters.get((await world.cluster())?.metadata.uid ?? '');
const reasons = async (world: World): Promise<string[]> =>
  ((await world.store.list({ kind: 'Event' })).items as ApiObject<EventSpec>[]).map(({ spec }) => `${spec.type} ${spec.reason}`);
const layer = async (world: World, name: string) => (await world.cluster())?.status?.layers.find((candidate) => candidate.name === name);

describe('layers', () => {
  it('go when the profile drops them, and only they', async () => {
    const world = await running();
    expect([...((await real(world))?.layers.keys() ?? [])].toSorted()).toEqual(['chart-a', 'one']);
    await world.edit('Cluster', 'dev', (spec) => ({ ...spec, profile: { name: 'starter', version: '1.2.0' } }));
    await world.settleApproving();
    expect([...((await real(world))?.layers.keys() ?? [])].toSorted()).toEqual(['chart-a', 'chart-b', 'two']);
  });

  it('that no registry has fail in its words, hold up no other, and recover when it has them', async () => {
    const world = await createWorld();
    world.missingCharts.add('chart-a');
    await world.create();
    await world.settle();
    expect(await layer(world, 'chart-a')).toMatchObject({
      state: 'Failed',
      reason: 'ChartNotAvailable',
      message: 'registry "builtin" has no chart chart-a',
    });
    expect(await layer(world, 'one')).toMatchObject({ state: 'Ready' });
    expect((await world.cluster())?.status?.phase).toBe('Degraded');
    expect(await reasons(world)).toContain('Warning LayerFailed');
    world.missingCharts.clear();
    await world.settle();
    expect((await world.cluster())?.status?.phase).toBe('Running');
  });

  it('of a running cluster stay when their chart can no longer be had', async () => {
    const world = await running();
    world.missingCharts.add('chart-a');
    await world.settle();
    expect((await real(world))?.layers.has('chart-a')).toBe(true);
  });

  it('are all held back from removal until that is approved by name', async () => {
    const world = await running();
    const profile = await world.store.get({ kind: 'ClusterProfile', name: 'starter' });
    const spec = structuredClone(profile?.spec) as { versions: { version: string; layers: { builtin?: unknown }[] }[] };
    const bare = {
      ...structuredClone(spec.versions[0]),
      version: '3.0.0',
      layers: spec.versions[0]?.layers.filter((candidate) => candidate.builtin) ?? [],
    };
    if (profile) await world.store.update({ ...profile, spec: { versions: [...spec.versions, bare] } });
    await world.edit('Cluster', 'dev', (current) => ({ ...current, profile: { name: 'starter', version: '3.0.0' } }));
    await world.settleApproving();
    expect((await real(world))?.layers.size).toBe(2);
    const message = (await world.cluster())?.status?.message ?? '';
    const approval = /"(remove-[0-9a-f]+)"/.exec(message)?.[1];
    expect(approval, message).toBeDefined();
    await world.edit('Cluster', 'dev', (current) => ({ ...current, approvals: [...current.approvals, approval] }));
    await world.settle();
    expect((await real(world))?.layers.size).toBe(0);
  });
});

describe('a change that repaves or loses something', () => {
  const moveTo = (world: World, version: string) =>
    world.edit('Cluster', 'dev', (spec) => ({ ...spec, profile: { name: 'starter', version } }));
  const versions = async (world: World) => new Set((await real(world))?.machines.map((machine) => machine.version));

  it('waits for its approval: the cluster stays as it is, pools can be scaled meanwhile, and taking it back is enough', async () => {
    const world = await running();
    await moveTo(world, '1.1.0');
    await world.settle();
    const cluster = await world.cluster();
    expect(cluster?.status).toMatchObject({ phase: 'Updating', approval: { disruptions: ['repave: Kubernetes v1.35.4 → v1.36.3'] } });
    expect(cluster?.status?.conditions.find(({ type }) => type === 'Approved')).toMatchObject({
      status: 'False',
      reason: 'ApprovalNeeded',
    });
    expect(cluster?.status?.observedGeneration, 'what was asked for has not been handed over').toBeLessThan(
      cluster?.metadata.generation ?? 0,
    );
    expect(await versions(world)).toEqual(new Set(['v1.35.4']));
    expect((await real(world))?.layers.has('two')).toBe(false);
    await world.edit('MachinePool', 'dev-workers', (spec) => ({ ...spec, replicas: 3 }));
    await world.settle();
    expect((await real(world))?.machines.filter(({ pool }) => pool === 'workers')).toHaveLength(3);
    expect(await versions(world)).toEqual(new Set(['v1.35.4']));
    await moveTo(world, '1.0.0');
    await world.settle();
    expect((await world.cluster())?.status).toMatchObject({ phase: 'Running' });
    expect((await world.cluster())?.status?.approval).toBeUndefined();
  });

  it('takes no approval that was given for another change', async () => {
    const world = await running();
    await moveTo(world, '1.1.0');
    await world.settle();
    const upgrade = (await world.cluster())?.status?.approval?.id ?? '';
    // 1.2.0 has the same Kubernetes version, and removes a layer's Secret besides.
    const profile = await world.store.get({ kind: 'ClusterProfile', name: 'starter' });
    const spec = structuredClone(profile?.spec) as { versions: { version: string; layers: { name: string }[] }[] };
    const without = {
      ...structuredClone(spec.versions[1]),
      version: '1.1.1',
      layers: spec.versions[1]?.layers.filter(({ name }) => name !== 'chart-a') ?? [],
    };
    if (profile) await world.store.update({ ...profile, spec: { ...spec, versions: [...spec.versions, without] } });
    await world.edit('Cluster', 'dev', (current) => ({ ...current, profile: { name: 'starter', version: '1.1.1' }, approvals: [upgrade] }));
    await world.settle();
    expect((await world.cluster())?.status?.approval?.disruptions).toEqual([
      'repave: Kubernetes v1.35.4 → v1.36.3',
      'data-loss: layer chart-a is removed',
    ]);
    expect((await real(world))?.layers.has('chart-a')).toBe(true);
    await world.settleApproving();
    expect((await real(world))?.layers.has('chart-a')).toBe(false);
    expect(await versions(world)).toEqual(new Set(['v1.36.3']));
  });

  it('is approved by the very id that its plan names', async () => {
    const world = await running();
    const cluster = await world.cluster();
    if (!cluster) throw new Error('there is no cluster');
    const wanted = { ...cluster, spec: { ...cluster.spec, profile: { ...cluster.spec.profile, version: '1.1.0' } } };
    const plan = await world.make().planFor({ tenant: 'default', project: 'default', candidates: [{ object: wanted, old: cluster }] });
    expect(plan.approval?.id).toMatch(/^approve-[0-9a-f]{16}$/);
    await world.edit('Cluster', 'dev', () => ({ ...wanted.spec, approvals: [plan.approval?.id] }));
    await world.settle();
    expect((await world.cluster())?.status).toMatchObject({ phase: 'Running', kubernetesVersion: 'v1.36.3' });
    const again = await world.make().planFor({ tenant: 'default', project: 'default', cluster: 'dev', candidates: [] });
    expect(again.actions, 'executed, and planned again: nothing').toEqual([]);
    expect(again.approval).toBeUndefined();
  });
});

describe('deletion', () => {
  it('of a pool removes its machines and its Cluster API objects, and leaves the rest', async () => {
    const world = await running();
    const objects = () => real(world).then((cluster) => [...(cluster?.objects ?? [])].filter((key) => key.includes('dev-workers')));
    expect((await objects()).length).toBeGreaterThan(2);
    await world.store.delete({ kind: 'MachinePool', project: 'default', name: 'dev-workers' });
    await world.settle();
    expect(await world.pool()).toBeUndefined();
    expect(await objects(), 'templates and health checks too').toEqual([]);
    expect((await real(world))?.machines.map((machine) => machine.pool)).toEqual(['control-plane']);
  });

  it('waits for a gateway that is away, says so, and ends when it is back', async () => {
    const world = await running();
    world.fleet.setConnected(world.gateway.metadata.uid, false);
    await world.clock.advance(120_000);
    await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    expect((await world.cluster())?.status?.message).toContain('Gateway "local" is not connected');
    world.fleet.setConnected(world.gateway.metadata.uid, true);
    await world.settle();
    expect(await world.cluster()).toBeUndefined();
  });

  it('can be forced, and then says what may be left behind; the gateway still hears of it', async () => {
    const world = await running();
    world.fleet.setConnected(world.gateway.metadata.uid, false);
    const cluster = await world.cluster();
    if (cluster) await world.store.update({ ...cluster, metadata: { ...cluster.metadata, annotations: { [FORCE_DELETE]: 'true' } } });
    await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    expect(await world.cluster()).toBeUndefined();
    expect(await reasons(world)).toContain('Warning LeftBehind');
    const left = world.fleet.clusters.get(cluster?.metadata.uid ?? '');
    expect(left?.machines).toHaveLength(2);
    world.fleet.setConnected(world.gateway.metadata.uid, true);
    await world.settle();
    expect(left).toMatchObject({ deleted: true, machines: [] });
  });

  it('then creation under the same name is a new cluster: nothing of the old one is touched or taken over', async () => {
    const world = await running();
    const before = (await world.cluster())?.metadata.uid;
    await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    await world.create();
    await world.settle();
    const after = (await world.cluster())?.metadata.uid;
    expect(after).not.toBe(before);
    expect((await world.cluster())?.status?.phase).toBe('Running');
    expect(world.fleet.clusters.get(before ?? '')?.deleted).toBe(true);
    expect(world.fleet.clusters.get(after ?? '')?.machines).toHaveLength(2);
  });

  it('of nothing follows from a store that lost its objects', async () => {
    const world = await running();
    const cluster = await world.cluster();
    const pool = await world.pool();
    // A restored or damaged database: objects gone without anybody having deleted them.
    if (pool) await world.store.update({ ...pool, metadata: { ...pool.metadata, finalizers: [] } });
    await world.store.delete({ kind: 'MachinePool', project: 'default', name: 'dev-workers' });
    if (cluster) await world.store.update({ ...cluster, metadata: { ...cluster.metadata, finalizers: [] } });
    await world.store.delete({ kind: 'Cluster', project: 'default', name: 'dev' });
    await world.settle();
    expect(world.fleet.clusters.get(cluster?.metadata.uid ?? '')).toMatchObject({
      deleted: false,
      machines: expect.objectContaining({ length: 2 }),
    });
  });
});

it('does not touch a paused cluster', async () => {
  const world = await running();
  await world.edit('Cluster', 'dev', (spec) => ({ ...spec, paused: true }));
  await world.edit('MachinePool', 'dev-workers', (spec) => ({ ...spec, replicas: 4 }));
  await world.settle();
  expect((await real(world))?.machines).toHaveLength(2);
  expect((await world.cluster())?.status?.phase).toBe('Paused');
  await world.edit('Cluster', 'dev', (spec) => ({ ...spec, paused: false }));
  await world.settle();
  expect((await real(world))?.machines).toHaveLength(5);
});

it('goes on with other clusters when one can no longer be rendered, and keeps what that one has', async () => {
  const world = await running();
  const account = await world.store.get({ kind: 'CloudAccount', name: 'local' });
  await world.store.create(object('CloudAccount', 'other', { cloud: 'local' }));
  await world.store.create(object('Cluster', 'two', { profile: { name: 'starter', version: '1.0.0' }, cloudAccount: 'other' }, 'default'));
  if (account) await world.store.delete({ kind: 'CloudAccount', name: 'local' });
  await world.settle();
  expect((await real(world))?.machines).toHaveLength(2);
  expect((await world.cluster())?.status?.message).toContain('cloud account "local" does not exist');
  expect((await world.store.get({ kind: 'Cluster', project: 'default', name: 'two' }))?.status).toMatchObject({ phase: 'Running' });
});

describe('planFor', () => {
  it('says what machines cost before and after, by the prices of the account; nothing without prices', async () => {
    const world = await running();
    const controllers = world.make();
    const pool = (await world.pool()) as ApiObject<any>;
    const more = { ...pool, spec: { ...pool.spec, replicas: 3 } };
    const ask = (object: ApiObject<any>) =>
      controllers.planFor({ tenant: 'default', project: 'default', cluster: 'dev', candidates: [{ object }] });
    expect((await ask(more)).cost).toBeUndefined();
    const account = (await world.store.get({ kind: 'CloudAccount', name: 'local' })) as ApiObject<any>;
    const prices = { currency: 'EUR', machineHour: '0.5' };
    await world.store.update({ ...account, spec: { ...account.spec, prices } } as never);
    const { replicas } = pool.spec;
    const { cost } = await ask(more);
    expect(Number(cost?.after?.perHour) - Number(cost?.before?.perHour)).toBe(0.5 * (3 - replicas));
    expect(cost?.after?.groups.map(({ name, formula }) => [name, formula])).toContainEqual(['workers', '3 × (0.5)']);
  });

  it('answers for candidates that are not stored, and writes nothing', async () => {
    const world = await running();
    const { writes } = world.store;
    const controllers = world.make();
    const cluster = (await world.cluster()) as ApiObject<any>;
    const pool = (await world.pool()) as ApiObject<any>;
    const upgrade = { ...cluster, spec: { ...cluster.spec, profile: { scope: 'tenant', name: 'starter', version: '1.1.0' } } };
    const plan = await controllers.planFor({
      tenant: 'default',
      project: 'default',
      cluster: 'dev',
      candidates: [{ object: upgrade, old: cluster }, { object: { ...pool, spec: { ...pool.spec, replicas: 3 } } }],
    });
    expect(plan.actions.map((action) => `${action.verb} ${action.target}`)).toEqual([
      'upgrade control plane',
      'upgrade pool workers',
      'scale pool workers',
      'create layer two',
      'change cluster dev',
    ]);
    expect((await controllers.planFor({ tenant: 'default', project: 'default', candidates: [{ object: cluster }] })).actions).toEqual([]);
    expect(
      (await controllers.planFor({ tenant: 'default', project: 'default', candidates: [{ object: cluster, remove: true }] })).impact,
    ).toBe('data-loss');
    expect(
      (await controllers.planFor({ tenant: 'default', project: 'default', candidates: [{ object: pool, remove: true }] })).actions.map(
        (action) => action.target,
      ),
    ).toEqual(['pool workers']);
    const fresh = { ...cluster, metadata: { ...cluster.metadata, name: 'new' } };
    expect(
      (await controllers.planFor({ tenant: 'default', project: 'default', candidates: [{ object: fresh }] })).actions[0],
    ).toMatchObject({
      verb: 'create',
      target: 'cluster new',
    });
    expect(world.store.writes).toBe(writes);
  });
});
