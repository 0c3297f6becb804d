/**
 * Measures a whole Slipway on this machine and prints a table; the same figures go to bench/results/<date>.json.
 *
 *     npm run bench            npm run bench -- quick            npm run bench -- create     (only creation and deletion; nothing is kept)
 *
 * Everything is timed from the outside: from the moment the hub accepted a change to the moment the cluster itself shows it.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createApiClient } from '@slipway/api';
import { silentLogger, sleep, waitFor } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient, type KubeObject } from '@slipway/kube';
import { createToolchain } from '@slipway/forge';
import { API_VERSION, type ChangePlan, clusterKind, clusterProfileKinds, machinePoolKind } from '@slipway/model';
import { createInstance, type Instance } from '@slipway/testkit';
import { parse } from 'yaml';
import { cpuMs, resident } from './process-use.ts';
import { rawKubeadm } from './raw-kubeadm.ts';
import { type Figure, table } from './stats.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = process.env['SLIPWAY_CACHE'] ?? '/var/cache/slipway';
const quick = process.argv.includes('quick');
const onlyCreate = process.argv.includes('create');
const rounds = quick ? 2 : 3;
const exec = promisify(execFile);
const figures: Figure[] = [];
const record = (figure: Figure) => {
  figures.push(figure);
  console.error(`  ${figure.name}: ${figure.values.map((value) => value.toFixed(2)).join(', ')} ${figure.unit}`);
};

const stopped = new AbortController();
process.once('SIGINT', () => stopped.abort(new Error('interrupted')));
let instance: Instance;

async function measure(): Promise<void> {
  const said = (text: string) => console.error(`- ${text}`);
  said('hub and gateway');
  await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
  const client = await hubClient();
  const create: number[] = [];
  const raw: number[] = [];
  const removed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    said(`raw kubeadm (${round + 1} of ${rounds})`);
    raw.push(await rawRound());
    said(`create and delete (${round + 1} of ${rounds})`);
    create.push(await seconds(() => createCluster('bench', 1, 1)));
    if (round < rounds - 1) removed.push(await seconds(() => remove('bench')));
  }
  record({ name: 'raw kubeadm init + join + helm install', values: raw, unit: 's' });
  record({
    name: 'create 1+1 → all layers Ready',
    values: create,
    unit: 's',
    against: 'raw kubeadm init + join + helm install',
    ratioAim: 1.2,
  });
  record({ name: 'delete 1+1', values: removed, unit: 's', aim: 4 });
  if (onlyCreate) return;

  said('scale a pool 1 → 2');
  const kube = await adminClient('bench');
  record({ name: 'worker 1 → 2', values: [await seconds(() => scale('bench-workers', 2, () => readyNodes(kube, 3)))], unit: 's', aim: 8 });
  await scale('bench-workers', 1, () => readyNodes(kube, 2));

  said('a change accepted by the hub → on the cluster');
  record({ name: 'manifest at 10/s, hub → cluster', values: await paced(client, kube, quick ? 50 : 200), unit: 'ms', of: 'p99', aim: 40 });
  record({ name: 'burst of 1,000 manifests, hub → cluster', values: [await burst(client, kube)], unit: 's', aim: 5 });

  said('drift');
  const drift: number[] = [];
  // Another object each time: who breaks the same field again and again is a quarrel, which the agent fights with growing pauses.
  for (let i = 0; i < (quick ? 20 : 100); i++) drift.push(await repair(kube, `burst-${i}`));
  record({ name: 'drift repaired', values: drift, unit: 'ms', of: 'p99', aim: 2000 });

  said('memory and CPU at rest');
  await rest(quick ? 30 : 300);

  said('upgrade 1+1');
  record({
    name: 'upgrade 1.35 → 1.36, 1+1',
    values: [
      await seconds(async () => {
        const profile = { name: 'starter', version: '1.1.0' };
        const bench = { kind: clusterKind, project: 'default', name: 'bench' };
        const { spec } = await client.get(bench);
        const wanted = { apiVersion: API_VERSION, kind: 'Cluster', metadata: { name: 'bench' }, spec: { ...Object(spec), profile } };
        const path = `/apis/${API_VERSION}/namespaces/default/clusters/bench/plan`;
        const plan = await client.request<ChangePlan>(path, { method: 'POST', body: { objects: [wanted] } });
        await client.patch(bench, { spec: { profile, approvals: plan.approval ? [plan.approval.id] : [] } });
        await waitFor(
          async () =>
            (await nodes(kube)).every((node) => node['status'].nodeInfo.kubeletVersion === 'v1.36.3') && (await nodes(kube)).length === 2,
          {
            what: 'both nodes at v1.36.3',
            timeoutMs: 900_000,
          },
        );
        await settled('bench');
      }),
    ],
    unit: 's',
    aim: 44,
  });

  said('down and up');
  await instance.slipway(['down'], { timeoutMs: 120_000 });
  record({
    name: 'up again after down → all layers Ready',
    values: [
      await seconds(async () => {
        await instance.slipway(['up', '--no-cluster'], { timeoutMs: 300_000 });
        await settled('bench');
      }),
    ],
    unit: 's',
  });

  said('control planes 1 → 3, and the loss of one');
  const ha = await adminClient('bench');
  record({
    name: 'control planes 1 → 3',
    values: [
      await seconds(async () => {
        await client.patch({ kind: clusterKind, project: 'default', name: 'bench' }, { spec: { controlPlane: { replicas: 3 } } });
        await readyNodes(ha, 4, 600_000);
      }),
    ],
    unit: 's',
    aim: 47,
  });
  await settled('bench');
  const victim =
    (await nodes(ha)).find((node) => 'node-role.kubernetes.io/control-plane' in (node.metadata.labels ?? {}))?.metadata.name ?? '';
  record({
    name: 'kill -9 of one of three control planes → healthy',
    values: [
      await seconds(async () => {
        await instance.slipway(['machine', 'kill', victim, '--yes']);
        await waitFor(
          async () => {
            const now = await nodes(ha);
            return now.length === 4 && now.every((node) => node.metadata.name !== victim && ready(node));
          },
          { what: `${victim} to be replaced`, timeoutMs: 600_000 },
        );
      }),
    ],
    unit: 's',
    aim: 34,
  });
  await settled('bench');
  record({ name: 'delete 3+1', values: [await seconds(() => remove('bench'))], unit: 's' });
  kube.close();
  ha.close();

  async function rawRound(): Promise<number> {
    const home = await mkdtemp(join(tmpdir(), 'slipway-raw-'));
    try {
      const helm = await createToolchain({ repoRoot: root, cacheDir: cache, logger: silentLogger }).find('helm');
      const charts = [
        { path: join(root, 'packs/local-path-storage'), release: 'local-path-storage', values: {} },
        {
          path: join(root, 'packs/metrics-server'),
          release: 'metrics-server',
          values: { kubeletInsecureTLS: true, metricResolution: '15s' },
        },
      ];
      const result = await rawKubeadm({ home, cache, repoRoot: root, version: 'v1.35.4', charts, helm: helm?.path ?? 'helm' });
      console.error(
        `    ${Object.entries(result.parts)
          .map(([part, took]) => `${part} ${took.toFixed(1)} s`)
          .join(', ')}`,
      );
      return result.total;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  async function createCluster(name: string, controlPlanes: 1 | 3, workers: number): Promise<void> {
    await client.create(clusterKind, {
      kind: 'Cluster',
      metadata: { name, namespace: 'default' },
      spec: { profile: { name: 'starter', version: '1.0.0' }, controlPlane: { replicas: controlPlanes } },
    });
    await client.create(machinePoolKind, {
      kind: 'MachinePool',
      metadata: { name: `${name}-workers`, namespace: 'default' },
      spec: { cluster: name, replicas: workers },
    });
    await settled(name);
  }

  async function settled(name: string): Promise<void> {
    await waitFor(
      async () => {
        const cluster = await client.get({ kind: clusterKind, project: 'default', name });
        const status = cluster.status as
          | { phase?: string; message?: string; observedGeneration?: number; nodes?: { total: number; ready: number } }
          | undefined;
        if (
          status?.phase === 'Running' &&
          status.observedGeneration === cluster.metadata.generation &&
          status.nodes?.total === status.nodes?.ready
        )
          return true;
        throw new Error(`${status?.phase}: ${status?.message}`);
      },
      { what: `cluster ${name} to be Running`, timeoutMs: 600_000, intervalMs: 100, signal: stopped.signal },
    );
  }

  async function remove(name: string): Promise<void> {
    await client.delete({ kind: clusterKind, project: 'default', name });
    await waitFor(async () => (await client.find({ kind: clusterKind, project: 'default', name })) === undefined, {
      what: `${name} to be gone`,
      timeoutMs: 300_000,
      intervalMs: 100,
    });
  }

  async function scale(pool: string, replicas: number, until: () => Promise<void>): Promise<void> {
    await client.patch({ kind: machinePoolKind, project: 'default', name: pool }, { spec: { replicas } });
    await until();
  }
}

async function seconds(what: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await what();
  return (performance.now() - start) / 1000;
}

async function hubClient() {
  const config = parse(await readFile(join(instance.scratch, 'config.yaml'), 'utf8'));
  const context = config.contexts.find((each: { name: string }) => each.name === config.current);
  return createApiClient({ server: context.server, ca: context.certificateAuthority, token: context.token });
}

/** Straight to the cluster's API server, so that what is timed is the cluster and not the tunnel. */
async function adminClient(cluster: string): Promise<KubeClient> {
  const machines = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout) as {
    name: string;
    labels: Record<string, string>;
  }[];
  const controlPlane = machines.find((machine) => machine.name.startsWith(`${cluster}-`) && machine.labels['role'] === 'control-plane');
  const { stdout } = await instance.slipway(['machine', 'exec', controlPlane?.name ?? '', '--', 'cat', '/etc/kubernetes/admin.conf']);
  return createKubeClient(await fromKubeconfig(stdout));
}

const nodes = (kube: KubeClient): Promise<KubeObject[]> => kube.list({ apiVersion: 'v1', kind: 'Node' });
const ready = (node: KubeObject): boolean =>
  node['status'].conditions?.some(
    (condition: { type: string; status: string }) => condition.type === 'Ready' && condition.status === 'True',
  ) ?? false;

async function readyNodes(kube: KubeClient, count: number, timeoutMs = 300_000): Promise<void> {
  await waitFor(async () => (await nodes(kube)).filter(ready).length === count && (await nodes(kube)).length === count, {
    what: `${count} ready nodes`,
    timeoutMs,
    intervalMs: 100,
  });
}

/** Changes a ConfigMap that a layer made and waits until it is as the layer has it: milliseconds. */
async function repair(kube: KubeClient, name: string): Promise<number> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name };
  const wanted = (await kube.get(ref))?.['data'].value;
  const stop = new AbortController();
  const healed = Promise.withResolvers<number>();
  let broken = false;
  const watching = kube.watch(
    { apiVersion: 'v1', kind: 'ConfigMap' },
    ({ object }) => {
      broken ||= object['data'].value === 'broken';
      if (broken && object['data'].value === wanted) healed.resolve(performance.now());
    },
    stop.signal,
    { namespace: 'default', fieldSelector: `metadata.name=${name}` },
  );
  const changed = performance.now();
  await kube.patch(ref, { data: { value: 'broken' } }, { fieldManager: 'kubectl-edit' });
  const took = await Promise.race([healed.promise.then((at) => at - changed), sleep(30_000).then(() => 30_000)]);
  stop.abort();
  await watching.catch(() => undefined);
  return took;
}

type Hub = Awaited<ReturnType<typeof hubClient>>;
const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {value: "${value}"}\n`;

/** A profile `bench` = starter plus one manifest layer, whose versions differ in what the layer holds. */
async function publish(client: Hub, versions: readonly { version: string; manifests: string[] }[]): Promise<void> {
  const starter = await client.get({ kind: clusterProfileKinds.at('tenant'), name: 'starter' });
  const base = (starter.spec as { versions: { version: string; layers: object[]; variables: object[] }[] }).versions.find(
    (each) => each.version === '1.0.0',
  );
  const all = versions.map(({ version, manifests }) => ({
    version,
    variables: base?.variables,
    layers: [...(base?.layers ?? []), { name: 'extra', type: 'addon', namespace: 'default', manifests }],
  }));
  const name = `bench-${versions.length}`;
  if ((await client.find({ kind: clusterProfileKinds.at('tenant'), name })) === undefined)
    await client.create(clusterProfileKinds.at('tenant'), { kind: 'ClusterProfile', metadata: { name }, spec: { versions: all } });
}

async function paced(client: Hub, kube: KubeClient, count: number): Promise<number[]> {
  await publish(
    client,
    Array.from({ length: count }, (_, i) => ({ version: `0.0.${i + 1}`, manifests: [configMap('paced', String(i + 1))] })),
  );
  const accepted = new Map<number, number>();
  const seen = new Map<number, number>();
  const stop = new AbortController();
  const watching = kube.watch(
    { apiVersion: 'v1', kind: 'ConfigMap' },
    ({ object }) => {
      if (object.metadata.name !== 'paced') return;
      for (let i = Number(object['data'].value); i > 0 && !seen.has(i); i--) seen.set(i, performance.now());
    },
    stop.signal,
    { namespace: 'default' },
  );
  for (let i = 1; i <= count; i++) {
    const due = performance.now() + 100;
    await client.patch(
      { kind: clusterKind, project: 'default', name: 'bench' },
      { spec: { profile: { name: `bench-${count}`, version: `0.0.${i}` } } },
    );
    accepted.set(i, performance.now());
    await sleep(Math.max(0, due - performance.now()));
  }
  await waitFor(() => seen.has(count), { what: 'the last manifest', timeoutMs: 60_000, intervalMs: 20 });
  stop.abort();
  await watching.catch(() => undefined);
  // What overtook a version before it was applied carries its time: it was never to be seen alone.
  return [...accepted].slice(1).map(([i, at]) => (seen.get(i) ?? Number.NaN) - at);
}

async function burst(client: Hub, kube: KubeClient): Promise<number> {
  const manifests = Array.from({ length: 1000 }, (_, i) => configMap(`burst-${i}`, 'x'.repeat(200)));
  await publish(client, [{ version: '1.0.0', manifests }]);
  return seconds(async () => {
    await client.patch(
      { kind: clusterKind, project: 'default', name: 'bench' },
      { spec: { profile: { name: 'bench-1', version: '1.0.0' } } },
    );
    await waitFor(
      async () =>
        (await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'default' })).filter((map) =>
          map.metadata.name.startsWith('burst-'),
        ).length === 1000,
      {
        what: 'a thousand ConfigMaps',
        timeoutMs: 120_000,
        intervalMs: 100,
      },
    );
  });
}

/** Resident memory and CPU of the hub, the gateway agent and the cluster's agent over a while in which nobody asks for anything. */
async function rest(forSeconds: number): Promise<void> {
  const status = JSON.parse((await instance.slipway(['status', '-o', 'json'])).stdout) as { processes: { name: string; pid?: number }[] };
  const agent = Number((await exec('pgrep', ['-f', '/app/agent.mjs']).catch(() => ({ stdout: '' }))).stdout.trim().split('\n')[0]);
  const targets = [...status.processes, { name: 'agent in the cluster', pid: agent }].filter(
    (each): each is { name: string; pid: number } => Boolean(each.pid),
  );
  const before = new Map<string, number>();
  for (const { name, pid } of targets) before.set(name, await cpuMs(pid));
  await sleep(forSeconds * 1000, stopped.signal);
  for (const { name, pid } of targets) {
    record({ name: `${name}: resident`, values: [await resident(pid)], unit: 'MiB', ...(name === 'agent in the cluster' && { aim: 80 }) });
    record({
      name: `${name}: CPU at rest`,
      values: [((await cpuMs(pid)) - (before.get(name) ?? 0)) / (10 * forSeconds)],
      unit: '%',
    });
  }
}

// Last, so that everything above is there when it begins. What was measured before a failure is kept.
instance = await createInstance({ name: 'bench', port: 7581 });
try {
  await measure();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await instance.dispose();
}
console.log(table(figures));
const when = new Date().toISOString();
const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 2 ** 30) };
const kept = join(root, `bench/results/${when.slice(0, 10)}${quick ? '-quick' : ''}.json`);
await mkdir(join(root, 'bench/results'), { recursive: true });
if (!onlyCreate) await writeFile(kept, `${JSON.stringify({ when, machine, figures }, undefined, 2)}\n`);
