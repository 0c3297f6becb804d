import { silentLogger, systemClock, waitFor } from '@slipway/kit';
import { createKubeClient, type KubeClient, type KubeObject } from '@slipway/kube';
import type { LoadBalancerServer, Machine, MachineDriver } from '@slipway/machines';
import { looseCrd, serveKinds, startApiServer, type TestApiServer } from '@slipway/testkit';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { localProviderCrds } from '../crds.ts';
import { CLUSTER, INFRA_API, LOCAL_CLUSTER, LOCAL_MACHINE, MACHINE } from '../names.ts';
import { findCondition } from './conditions.ts';
import { createLocalProvider } from './provider.ts';

let api: TestApiServer;
let kube: KubeClient;
let namespace = '';
let count = 0;
let world: ReturnType<typeof createWorld>;

/** A host in memory: machines with a state, load balancers with servers. It keeps the driver's promises: repeatable, state outlives the provider. */
function createWorld() {
  const machines = new Map<string, Machine & { bootstrap: string; delivered: string }>();
  const balancers = new Map<string, { name: string; address: string; port: number; servers: readonly LoadBalancerServer[] }>();
  const watchers = new Set<(machine: Machine) => void>();
  const change = (name: string, state: Machine['state']) => {
    const machine = { ...machines.get(name)!, state };
    machines.set(name, machine);
    for (const watcher of watchers) watcher(machine);
  };
  const driver: MachineDriver = {
    create: async (spec) => {
      const made = machines.get(spec.name) ?? {
        name: spec.name,
        labels: spec.labels,
        spec,
        state: 'Running' as const,
        address: `10.88.0.${machines.size + 10}`,
        bootstrap: 'none',
        delivered: '',
      };
      machines.set(spec.name, made);
      return made;
    },
    prepare: async () => undefined,
    get: async (name) => machines.get(name),
    list: async () => [...machines.values()],
    start: async (name) => (change(name, 'Running'), machines.get(name)!),
    stop: async (name) => change(name, 'Stopped'),
    remove: async (name) => void machines.delete(name),
    // Two scripts are run in machines: the delivery (on stdin) and the question how far it is.
    exec: async (name, command, options) => {
      const machine = machines.get(name)!;
      if (command[1] === '-s') machines.set(name, { ...machine, bootstrap: 'running', delivered: String(options?.stdin) });
      return { code: 0, stdout: command[1] === '-s' ? '' : `${machine.bootstrap}\n[ERROR X]: because\n`, stderr: '' };
    },
    importImages: async () => undefined,
    writeFile: async () => undefined,
    readFile: async () => Buffer.alloc(0),
    watch: (onChange, signal) =>
      new Promise((resolve) => {
        watchers.add(onChange);
        signal.addEventListener('abort', () => (watchers.delete(onChange), resolve()), { once: true });
      }),
    console: async () => '',
  };
  const loadBalancers = {
    ensure: async (name: string, port: number) => {
      const made = balancers.get(name) ?? { name, port, address: `10.88.0.${200 + balancers.size}`, servers: [] };
      balancers.set(name, made);
      return made;
    },
    get: async (name: string) => balancers.get(name),
    list: async () => [...balancers.values()],
    setServers: async (name: string, servers: readonly LoadBalancerServer[]) =>
      void balancers.set(name, { ...balancers.get(name)!, servers }),
    remove: async (name: string) => void balancers.delete(name),
  };
  const toolchain = Promise.withResolvers<void>();
  toolchain.resolve();
  return {
    machines,
    balancers,
    driver,
    loadBalancers,
    change,
    toolchain: { ready: toolchain.promise },
    setBootstrap: (name: string, bootstrap: string) => machines.set(name, { ...machines.get(name)!, bootstrap }),
  };
}

let abort: AbortController;
let running: Promise<void>;
function startProvider(): void {
  abort = new AbortController();
  const toolchain = {
    ensureVersion: async (_version: string, { onProgress }: { onProgress: (words: string) => void }) => {
      onProgress('compiling');
      await world.toolchain.ready;
    },
    readyVersions: async () => [],
  };
  const deps = { kube, machines: world.driver, loadBalancers: world.loadBalancers, toolchain, logger: silentLogger, clock: systemClock };
  running = createLocalProvider(deps).start(abort.signal);
}
async function stopProvider(): Promise<void> {
  abort.abort();
  await running;
}

beforeAll(async () => {
  api = await startApiServer();
  kube = createKubeClient({ server: api.server, ca: api.ca, token: api.token });
  await serveKinds(kube, [looseCrd(CLUSTER), looseCrd(MACHINE), ...localProviderCrds()], [CLUSTER, MACHINE, LOCAL_CLUSTER, LOCAL_MACHINE]);
});
afterAll(async () => {
  kube.close();
  await api.stop();
});
beforeEach(async () => {
  namespace = `t${++count}`;
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  world = createWorld();
  startProvider();
});
afterEach(async () => {
  await stopProvider();
  // The next test's host knows nothing of this one's machines.
  for (const kind of [LOCAL_MACHINE, MACHINE, LOCAL_CLUSTER, CLUSTER])
    for (const { metadata } of await kube.list(kind)) {
      const ref = { ...kind, namespace: metadata.namespace, name: metadata.name };
      await kube.patch(ref, { metadata: { finalizers: null } });
      await kube.delete(ref);
    }
});

const eventually = <T>(what: string, probe: () => Promise<T | undefined | false> | T | undefined | false) =>
  waitFor(probe, { what, timeoutMs: 15_000, intervalMs: 20 });
const status = (kind: typeof CLUSTER, name: string, body: object) =>
  kube.patch({ ...kind, namespace, name }, { status: body }, { subresource: 'status' });
const local = (name: string) => kube.get({ ...LOCAL_MACHINE, namespace, name });
const readyOf = async (name: string) => findCondition(await local(name), 'Ready');
const labels = (controlPlane: boolean) => ({
  'cluster.x-k8s.io/cluster-name': 'dev',
  ...(controlPlane ? { 'cluster.x-k8s.io/control-plane': '' } : {}),
});
const owner = (object: KubeObject) => [
  { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name, uid: object.metadata.uid ?? '' },
];

/** What Cluster API's core does first: a Cluster that owns its LocalCluster. */
async function makeCluster(spec: object = {}): Promise<void> {
  const network = { clusterNetwork: { pods: { cidrBlocks: ['10.200.0.0/16'] } } };
  const cluster = await kube.create({ ...CLUSTER, metadata: { name: 'dev', namespace }, spec: { ...network, ...spec } });
  await kube.create({
    ...LOCAL_CLUSTER,
    metadata: { name: 'dev', namespace, labels: labels(false), ownerReferences: owner(cluster) },
    spec: {},
  });
}
async function makeMachine(name: string, controlPlane = false, failureDomain?: string): Promise<void> {
  const data = `## template: jinja\n#cloud-config\nruncmd: ["kubeadm join {{ ds.meta_data.local_hostname }}"]\n`;
  await kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-data`, namespace },
    data: { value: Buffer.from(data).toString('base64') },
  });
  const spec = {
    version: 'v1.35.4',
    bootstrap: { dataSecretName: `${name}-data` },
    infrastructureRef: { kind: 'LocalMachine', name },
    ...(failureDomain === undefined ? {} : { failureDomain }),
  };
  const machine = await kube.create({
    ...MACHINE,
    metadata: { name, namespace, labels: labels(controlPlane), finalizers: ['test/hold'] },
    spec,
  });
  await kube.create({
    ...LOCAL_MACHINE,
    metadata: { name, namespace, labels: labels(controlPlane), ownerReferences: owner(machine) },
    spec: { memoryMiB: 2048 },
  });
}
const infrastructureReady = () => status(CLUSTER, 'dev', { initialization: { infrastructureProvisioned: true } });

const servers = () => [...world.balancers.values()][0]?.servers.map((server) => `${server.name}:${server.drain}`).join(' ');
const bad = (spec: object) => kube.create({ apiVersion: INFRA_API, kind: 'LocalMachine', metadata: { name: 'bad', namespace }, spec });

test('a LocalCluster gets an endpoint that stays, failure domains, and goes when its machines are gone', async () => {
  await makeCluster();
  const ready = await eventually('the LocalCluster', async () => {
    const object = await kube.get({ ...LOCAL_CLUSTER, namespace, name: 'dev' });
    return object?.['status']?.initialization?.provisioned && object;
  });
  expect(ready['spec'].controlPlaneEndpoint).toEqual({ host: '10.88.0.200', port: 6443 });
  expect(ready['status'].failureDomains.map((domain: { name: string }) => domain.name)).toEqual(['fd-1', 'fd-2', 'fd-3']);
  await infrastructureReady();
  await makeMachine('m1', true);
  await eventually('the machine', () => world.machines.has('m1'));
  await kube.delete({ ...LOCAL_CLUSTER, namespace, name: 'dev' });
  await eventually('the wait for machines', async () => {
    const object = await kube.get({ ...LOCAL_CLUSTER, namespace, name: 'dev' });
    return findCondition(object, 'Ready')?.reason === 'WaitingForMachines';
  });
  expect(world.balancers.size).toBe(1);
  await kube.delete({ ...LOCAL_MACHINE, namespace, name: 'm1' });
  await eventually('the LocalCluster to go', async () => (await kube.get({ ...LOCAL_CLUSTER, namespace, name: 'dev' })) === undefined);
  expect([world.balancers.size, world.machines.size]).toEqual([0, 0]);
});

test('a LocalMachine waits for its cluster, then becomes a node-to-be with provider id, addresses and failure domain', async () => {
  await makeCluster();
  await makeMachine('m1', false, 'fd-2');
  await eventually('the wait', async () => (await readyOf('m1'))?.reason === 'WaitingForClusterInfrastructure');
  // Unknown: False would have the health check replace it.
  expect((await readyOf('m1'))?.status).toBe('Unknown');
  await infrastructureReady();
  const object = await eventually('the machine', async () => {
    const found = await local('m1');
    return found?.['status']?.initialization?.provisioned && found;
  });
  expect(object['spec'].providerID).toBe('local:///m1');
  expect(object['status']).toMatchObject({
    failureDomain: 'fd-2',
    addresses: [{ type: 'InternalIP' }, { type: 'Hostname', address: 'm1' }],
  });
  expect(world.machines.get('m1')?.spec).toMatchObject({ memoryMiB: 2048, kubernetesVersion: 'v1.35.4', podCidr: '10.200.0.0/16' });
  await eventually('the delivery', () => world.machines.get('m1')?.delivered.includes('base64 -d'));
  world.setBootstrap('m1', 'succeeded');
  await eventually('success', async () => findCondition(await local('m1'), 'BootstrapSucceeded')?.status === 'True');
});

test('a bootstrap that failed or was cut off makes the machine unready with the reason', async () => {
  await makeCluster();
  await infrastructureReady();
  await makeMachine('m1');
  await eventually('the delivery', () => world.machines.get('m1')?.bootstrap === 'running');
  // A provider that was killed meanwhile finds out from the machine.
  await stopProvider();
  world.setBootstrap('m1', 'failed');
  startProvider();
  const condition = await eventually('the failure', async () => {
    const found = await readyOf('m1');
    return found?.status === 'False' && found;
  });
  expect(condition).toMatchObject({ reason: 'BootstrapFailed', message: 'kubeadm join failed: [ERROR X]: because' });
});

test('a crash is told at once; the only control plane, and what was found dead, is started again', async () => {
  await makeCluster();
  await status(CLUSTER, 'dev', { initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true } });
  for (const [name, controlPlane] of [
    ['cp1', true],
    ['w1', false],
  ] as const)
    await makeMachine(name, controlPlane);
  await eventually('both', async () => (await readyOf('cp1'))?.status === 'True' && (await readyOf('w1'))?.status === 'True');
  world.change('w1', 'Crashed');
  await eventually('the crash', async () => (await readyOf('w1'))?.reason === 'MachineCrashed');
  const machine = await kube.get({ ...MACHINE, namespace, name: 'w1' });
  expect(machine?.metadata.annotations).toHaveProperty(['machine.cluster.x-k8s.io/exclude-node-draining']);
  world.change('cp1', 'Crashed');
  await eventually('the control plane to run', () => world.machines.get('cp1')?.state === 'Running');
  await stopProvider();
  startProvider();
  await eventually(
    'the worker to run',
    async () => world.machines.get('w1')?.state === 'Running' && (await readyOf('w1'))?.status === 'True',
  );
  await eventually('the annotation to go', async () => {
    const annotations = (await kube.get({ ...MACHINE, namespace, name: 'w1' }))?.metadata.annotations ?? {};
    return !('machine.cluster.x-k8s.io/exclude-node-draining' in annotations);
  });
});

test('servers drain as soon as their Machine is being deleted, but never the last', async () => {
  await makeCluster();
  await infrastructureReady();
  await makeMachine('cp1', true);
  await makeMachine('cp2', true);
  await eventually('two servers', () => servers() === 'cp1:false cp2:false');
  await kube.delete({ ...MACHINE, namespace, name: 'cp1' });
  await eventually('the drain', () => servers() === 'cp1:true cp2:false');
  await kube.delete({ ...MACHINE, namespace, name: 'cp2' });
  await eventually('the last to serve on', () => servers() === 'cp1:false cp2:false');
});

test('a paused cluster is left alone, deletion included', async () => {
  await makeCluster();
  await infrastructureReady();
  await makeMachine('m1');
  await eventually('the machine', async () => (await readyOf('m1'))?.status === 'True');
  await kube.patch({ ...CLUSTER, namespace, name: 'dev' }, { spec: { paused: true } });
  await eventually('the pause', async () => findCondition(await local('m1'), 'Paused')?.status === 'True');
  await kube.delete({ ...LOCAL_MACHINE, namespace, name: 'm1' });
  world.change('m1', 'Crashed');
  expect(world.machines.has('m1')).toBe(true);
  await kube.patch({ ...CLUSTER, namespace, name: 'dev' }, { spec: { paused: false } });
  await eventually('the removal', async () => !world.machines.has('m1') && (await local('m1')) === undefined);
});

test('a machine of the same name that belongs to something else is neither used nor removed', async () => {
  await world.driver.create({ name: 'm1', labels: { 'machine-uid': 'someone else' } });
  await makeCluster();
  await infrastructureReady();
  await makeMachine('m1');
  await eventually('the refusal', async () => (await readyOf('m1'))?.message.includes('belongs to something else'));
  await kube.delete({ ...LOCAL_MACHINE, namespace, name: 'm1' });
  await eventually('the object to go', async () => (await local('m1')) === undefined);
  expect(world.machines.get('m1')?.bootstrap).toBe('none');
});

test('the CRDs refuse what no machine can be', async () => {
  await expect(bad({ memoryMiB: 1 })).rejects.toThrow(/memoryMiB/);
  await expect(bad({ cpu: 0 })).rejects.toThrow(/cpu/);
});
