import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTicks, waitFor } from '@slipway/kit';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole Slipway of its own, driven only through the commands a person would type: own state, own network, shared toolchain cache. */
export interface Instance {
  readonly home: string;
  /** A scratch folder for manifests and kubeconfigs, removed at the end. */
  readonly scratch: string;
  /** Runs `./slipway …`; fails the test with what it said unless the exit code is one of `allow` (default 0). */
  slipway(
    args: readonly string[],
    options?: { allow?: readonly number[]; timeoutMs?: number; input?: string; env?: Readonly<Record<string, string>> },
  ): Promise<Said>;
  /** Starts `./slipway …` without waiting. */
  start(args: readonly string[], more?: Readonly<Record<string, string>>): ChildProcess;
  /** Reads an object of the hub as JSON. */
  get(kind: string, name: string): Promise<any>;
  /** kubectl through the hub's tunnel, as the caller. */
  kubectl(
    cluster: string,
    args: readonly string[],
    options?: { allow?: readonly number[]; input?: string; timeoutMs?: number },
  ): Promise<Said>;
  spawnKubectl(cluster: string, args: readonly string[]): Promise<ChildProcess>;
  /** Waits until `cluster` is Running with every layer Ready and every node ready. */
  settled(cluster: string, timeoutMs?: number): Promise<any>;
  write(name: string, content: string): Promise<string>;
  /** Removes everything, whatever state it is in. */
  dispose(): Promise<void>;
}

export interface InstanceOptions {
  /** The hub's port, or the next one that is free. Below the ports that connections get by chance, or one could take it while the hub is down. */
  readonly port: number;
  readonly env?: Record<string, string>;
  readonly name: string;
}

function collect(child: ChildProcess, timeoutMs: number, label: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      reject(new Error(`${label} took longer than ${timeoutMs / 1000} s.\nstdout: ${stdout.slice(-3000)}\nstderr: ${stderr.slice(-3000)}`));
    }, timeoutMs);
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}

function checked(said: Said, label: string, allow: readonly number[]): Said {
  if (!allow.includes(said.code))
    throw new Error(`${label} ended with ${said.code}.\nstdout: ${said.stdout.slice(-4000)}\nstderr: ${said.stderr.slice(-4000)}`);
  return said;
}

const OWNER = 'owner.json';
interface Owner {
  readonly pid: number;
  readonly ticks: string | undefined;
}

const environment = (scratch: string): NodeJS.ProcessEnv => ({
  ...process.env,
  SLIPWAY_HOME: join(scratch, 'home'),
  SLIPWAY_CONFIG: join(scratch, 'config.yaml'),
  NO_COLOR: '1',
});

const purge = async (env: NodeJS.ProcessEnv): Promise<void> => {
  const args = ['down', '--purge', '--yes'];
  const child = spawn(join(root, 'slipway'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  checked(await collect(child, 120_000, 'slipway down --purge'), 'slipway down --purge', [0, 1]);
};

/** Instances of test runs that were killed still run machines and networks: whoever makes the next one takes them away. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith('slipway-')) continue;
    const scratch = join(tmpdir(), name);
    const text = await readFile(join(scratch, OWNER), 'utf8').catch(() => undefined);
    const owner = text === undefined ? undefined : (JSON.parse(text) as Owner);
    if (owner === undefined || (await startTicks(owner.pid)) === owner.ticks) continue;
    await purge(environment(scratch));
    await rm(scratch, { recursive: true, force: true });
  }
}

async function nextFreePort(from: number): Promise<number> {
  for (let port = from; ; port++) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (free) await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

export async function createInstance(options: InstanceOptions): Promise<Instance> {
  await removeOrphans();
  const scratch = await mkdtemp(join(tmpdir(), `slipway-${options.name}-`));
  const owner: Owner = { pid: process.pid, ticks: await startTicks(process.pid) };
  await writeFile(join(scratch, OWNER), JSON.stringify(owner));
  const home = join(scratch, 'home');
  const env = { ...environment(scratch), SLIPWAY_PORT: String(await nextFreePort(options.port)), ...options.env };
  const kubeconfigs = new Map<string, string>();
  const start: Instance['start'] = (args, more = {}) =>
    spawn(join(root, 'slipway'), args, { env: { ...env, ...more }, stdio: ['pipe', 'pipe', 'pipe'] });
  const slipway: Instance['slipway'] = async (args, { allow = [0], timeoutMs = 120_000, input, env: more } = {}) => {
    const child = start(args, more);
    child.stdin?.end(input);
    return checked(await collect(child, timeoutMs, `slipway ${args.join(' ')}`), `slipway ${args.join(' ')}`, allow);
  };
  const spawnKubectl: Instance['spawnKubectl'] = async (cluster, args) => {
    let kubeconfig = kubeconfigs.get(cluster);
    if (kubeconfig === undefined) {
      kubeconfig = join(scratch, `${cluster}.kubeconfig`);
      await slipway(['kubeconfig', cluster, '-o', kubeconfig]);
      kubeconfigs.set(cluster, kubeconfig);
    }
    return spawn(join(root, 'slipway'), ['kubectl', '--', '--kubeconfig', kubeconfig, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  };
  const get: Instance['get'] = async (kind, name) => JSON.parse((await slipway(['get', kind, name, '-o', 'json'])).stdout);
  return {
    home,
    scratch,
    slipway,
    start,
    get,
    spawnKubectl,
    kubectl: async (cluster, args, { allow = [0], input, timeoutMs = 60_000 } = {}) => {
      const child = await spawnKubectl(cluster, args);
      child.stdin?.end(input);
      return checked(await collect(child, timeoutMs, `kubectl ${args.join(' ')}`), `kubectl ${args.join(' ')}`, allow);
    },
    settled: (cluster, timeoutMs = 240_000) =>
      waitFor(
        async () => {
          const object = await get('cluster', cluster);
          const status = object.status ?? {};
          const layersReady = status.layers?.length > 0 && status.layers.every((layer: { state: string }) => layer.state === 'Ready');
          const nodesReady = status.nodes?.total > 0 && status.nodes.ready === status.nodes.total;
          if (status.phase === 'Running' && layersReady && nodesReady && status.observedGeneration === object.metadata.generation)
            return object;
          throw new Error(`${status.phase}: ${status.message}`);
        },
        { what: `cluster ${cluster} to be Running with every layer Ready`, timeoutMs, intervalMs: 500 },
      ),
    write: async (name, content) => {
      const path = join(scratch, name);
      await writeFile(path, content);
      return path;
    },
    dispose: async () => {
      await purge(env);
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
