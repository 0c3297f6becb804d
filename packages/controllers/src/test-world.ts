import { clouds } from '@slipway/clouds';
import { silentLogger, SlipwayError } from '@slipway/kit';
import { kinds, type NewObject } from '@slipway/model';
import { createFakeClock, createMemoryStore, createSimulatedFleet } from '@slipway/testkit';
import { createControllers } from './create-controllers.ts';
import { type ClusterObject, keyOf, type PoolObject } from './reads.ts';

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { size: "{{ .var.size }}" }\n`;

const version = (number: string, kubernetes: string, layers: readonly string[]): unknown => ({
  version: number,
  variables: [{ name: 'size', type: 'number', min: 1, max: 9, default: 1 }],
  layers: [
    { name: 'os', type: 'os', builtin: { name: 'debian', version: '12' } },
    { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: kubernetes } },
    { name: 'network', type: 'cni', builtin: { name: 'bridge', version: '1.8.0' } },
    ...layers.map((name) =>
      name.startsWith('chart')
        ? {
            name,
            type: 'addon',
            namespace: 'apps',
            chart: { registry: 'builtin', name, version: '1.0.0' },
            values: { size: '{{ .var.size }}' },
          }
        : { name, type: 'addon', namespace: 'apps', manifests: [configMap(`${name}-a`), configMap(`${name}-b`)] },
    ),
  ],
});

export const VERSIONS = [
  version('1.0.0', '1.35.4', ['one', 'chart-a']),
  version('1.1.0', '1.36.3', ['one', 'two', 'chart-a']),
  version('1.2.0', '1.36.3', ['two', 'chart-b', 'chart-a']),
];

function parse(kind: string, spec: unknown): unknown {
  return kinds.find((candidate) => candidate.kind === kind)?.spec.parse(spec);
}

export const object = (kind: string, name: string, spec: unknown, project?: string): NewObject => ({
  kind,
  metadata: {
    name,
    ...(project === undefined ? {} : { namespace: project }),
    finalizers: [...(kinds.find((candidate) => candidate.kind === kind)?.finalizers ?? [])],
  },
  spec: parse(kind, spec),
});

/** Controllers, a store, a gateway and agents in memory, with a profile of three versions: what the tests of this package play with. */
export async function createWorld() {
  const clock = createFakeClock();
  const fleet = createSimulatedFleet(clock);
  const missingCharts = new Set<string>();
  let fuse = Number.POSITIVE_INFINITY;
  const burn = () => {
    if (--fuse < 0) throw new SlipwayError('Unavailable', 'killed');
  };
  fleet.beforePublish = burn;
  const store = createMemoryStore({ clock, beforeWrite: burn });
  const make = () =>
    createControllers({
      store,
      facts: fleet.facts,
      plans: fleet.plans,
      packs: {
        async resolveChart({ name, version: number }) {
          if (missingCharts.has(name)) throw new SlipwayError('NotFound', `registry "builtin" has no chart ${name}`);
          return { digest: `sha256:${name}`, name, version: number };
        },
      },
      clouds,
      clock,
      timers: clock.timers,
      logger: silentLogger,
    });
  const gateway = await store.create(object('Gateway', 'local', {}));
  await store.create(object('CloudAccount', 'local', { cloud: 'local' }));
  await store.create(object('Project', 'default', {}));
  await store.create(object('ClusterProfile', 'starter', { versions: VERSIONS }));
  fleet.setConnected(gateway.metadata.uid, true);
  const signal = new AbortController().signal;

  /** One run of every controller for every key there is; errors are what a crash is. */
  async function runAll(controllers = make().controllers): Promise<void> {
    for (const [name, kind] of [
      ['cluster', 'Cluster'],
      ['gateway', 'Gateway'],
      ['machine-pool', 'MachinePool'],
      ['cluster-profile', 'ClusterProfile'],
      ['project', 'Project'],
      ['rollout', 'Rollout'],
      ['cluster-template', 'ClusterTemplate'],
    ] as const) {
      for (const { tenant, object: one } of (await store.listAll(kind)).items) {
        await controllers[name]?.reconcile(keyOf(tenant, one), signal).catch((error: unknown) => {
          if (!(error instanceof SlipwayError && (error.message === 'killed' || error.code === 'Conflict'))) throw error;
        });
      }
    }
  }

  function stepFleet(): boolean {
    const moved = fleet.gatewayStep({ uid: gateway.metadata.uid, name: 'local' });
    return [...fleet.clusters.keys()].map((uid) => fleet.agentStep(uid)).includes(true) || moved;
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      const before = store.writes;
      await runAll();
      const moved = stepFleet();
      if (!moved && store.writes === before) return;
    }
    throw new Error('did not converge in 200 rounds');
  }

  /** Gives every cluster the approval that it waits for; whether there was one. */
  async function approveAll(): Promise<boolean> {
    const waiting = ((await store.list({ kind: 'Cluster' })).items as ClusterObject[]).filter(({ status }) => status?.approval);
    for (const cluster of waiting)
      await store.update({
        ...cluster,
        spec: { ...cluster.spec, approvals: [...cluster.spec.approvals, cluster.status?.approval?.id ?? ''] },
      });
    return waiting.length > 0;
  }

  /** As {@link settle}, by somebody who approves whatever is asked. */
  async function settleApproving(): Promise<void> {
    do await settle();
    while (await approveAll());
  }

  const get = async <T>(kind: string, name: string) =>
    (await store.get({ kind, ...(kind === 'Cluster' || kind === 'MachinePool' ? { project: 'default' } : {}), name })) as T | undefined;
  return {
    clock,
    store,
    fleet,
    gateway,
    missingCharts,
    runAll,
    stepFleet,
    settle,
    settleApproving,
    make,
    signal,
    burnAfter: (writes: number) => (fuse = writes),
    cluster: () => get<ClusterObject>('Cluster', 'dev'),
    pool: () => get<PoolObject>('MachinePool', 'dev-workers'),
    create: async () => {
      await store.create(object('Cluster', 'dev', { profile: { name: 'starter', version: '1.0.0' } }, 'default'));
      await store.create(object('MachinePool', 'dev-workers', { cluster: 'dev', replicas: 1 }, 'default'));
    },
    async edit(kind: 'Cluster' | 'MachinePool', name: string, change: (spec: any) => unknown) {
      const current = await store.get({ kind, project: 'default', name });
      if (current) await store.update({ ...current, spec: change(structuredClone(current.spec)) });
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
