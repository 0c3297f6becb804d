import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serveVersions } from '@slipway/api';
import { waitFor } from '@slipway/kit';
import { maintenancePolicyKind } from '@slipway/model';
import { freePorts, startApiServer } from '@slipway/testkit';
import { cpuMs, resident } from '../process-use.ts';
import { startPostgres } from '../../apps/cli/src/testing/postgres.ts';
import { customResourceDefinition } from '../../apps/hub/src/testing/custom-resource.ts';

/** An API under measurement: its own processes, nothing of it in ours. */
export interface Target {
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** Resident memory of its processes, in MiB: [the API server, its database]. A database that shares memory counts by its proportional set. */
  memory(): Promise<{ api: number; database: number }>;
  /** CPU its processes have used so far, in ms: what a request costs, also on a machine that others use. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');
const exec = promisify(execFile);

/** kube-apiserver and etcd as in production: etcd writes to the disk before it answers, priority and fairness on. */
export async function startKubernetes(): Promise<Target> {
  const api = await startApiServer({ durable: true, extraArgs: ['--enable-priority-and-fairness=true'] });
  const definition = customResourceDefinition(serveVersions(maintenancePolicyKind));
  await api.kubectl(['apply', '--server-side', '-f', '-'], { stdin: JSON.stringify(definition) });
  await api.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  const [etcd = 0, apiServer = 0] = api.pids();
  return {
    name: 'kube-apiserver',
    server: api.server,
    ca: api.ca,
    token: api.token,
    memory: async () => ({ api: await resident(apiServer), database: await resident(etcd) }),
    cpu: async () => (await cpuMs(apiServer)) + (await cpuMs(etcd)),
    stop: () => api.stop(),
  };
}

/** A whole hub as users run it: identity, audit, controllers and all. */
export async function startHub(engine: 'PGlite' | 'PostgreSQL'): Promise<Target> {
  const home = await mkdtemp(join(tmpdir(), 'slipway-bench-hub-'));
  const io = { say: (text: string) => console.error(text) } as Parameters<typeof startPostgres>[0]['io'];
  const postgres =
    engine === 'PGlite'
      ? undefined
      : await startPostgres({ env: process.env, io, signal: AbortSignal.timeout(600_000) }, { durable: true });
  const [port = 0] = await freePorts(1);
  const env = { ...process.env, ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }) };
  const main = join(root, 'apps/hub/src/main.ts');
  const hub = spawn(process.execPath, ['--expose-gc', main, 'serve', '--home', home, '--port', String(port), '--log-level', 'warn'], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = async () => {
    await end(hub);
    await postgres?.stop();
    await rm(home, { recursive: true, force: true });
  };
  try {
    // Its socket is there when it serves; asked earlier, the command would open the database itself.
    await waitFor(() => existsSync(join(home, 'run/hub.sock')), { what: 'the hub', timeoutMs: 60_000, intervalMs: 100 });
    const { stdout } = await exec(process.execPath, [main, 'admin-token', '--home', home], { env });
    const { token } = JSON.parse(stdout) as { token: string };
    return {
      name: `hub, ${engine}`,
      server: `https://127.0.0.1:${port}`,
      ca: await readFile(join(home, 'hub/pki/ca.crt'), 'utf8'),
      token,
      memory: async () => ({ api: await resident(hub.pid ?? 0), database: postgres === undefined ? 0 : await proportional(postgres.pid) }),
      cpu: async () => {
        const pids = [hub.pid ?? 0, ...(postgres === undefined ? [] : await family(postgres.pid))];
        return (await Promise.all(pids.map(cpuMs))).reduce((sum, value) => sum + value, 0);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await closed;
}

async function family(parent: number): Promise<number[]> {
  const { stdout } = await exec('ps', ['-o', 'pid=', '--ppid', String(parent)]);
  return [parent, ...stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : Number(line)))];
}

/** A process and its children, each with its share of what they share. */
async function proportional(parent: number): Promise<number> {
  const each = (await family(parent)).map(async (pid) => {
    // A back end may end between the two looks.
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
  });
  return (await Promise.all(each)).reduce((sum, value) => sum + value, 0);
}
