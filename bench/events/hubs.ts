import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { SlipwayError } from '@slipway/kit';
import pg from 'pg';
import { resident } from '../process-use.ts';
import type { Hubs } from './wire.ts';

export interface RunningHubs extends Hubs {
  /** Stops one, killed or asked to, and starts it again with the same data at the same address. */
  restart(index: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends every connection to the database at once, those on which somebody waits for news too, as a failover does. Undefined where the database is in the hub. */
  readonly cutDatabase: (() => Promise<void>) | undefined;
  /** Resident memory of the largest, in MiB. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

interface Served {
  readonly ca: string;
  readonly token?: string;
}

interface Settings {
  readonly home: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
}

async function start(settings: Settings, newToken: boolean): Promise<{ child: ChildProcess; served: Served }> {
  const program = join(import.meta.dirname, 'hub.ts');
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      ...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof-events'] : []),
      program,
      JSON.stringify({ ...settings, newToken }),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (first.done) throw new SlipwayError('Host', 'The hub did not start; what it said is above.');
  return { child, served: JSON.parse(first.value) as Served };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** Below those that connections go out from: while a hub is away, a client that tries it could be given its very port, and keep it. */
const PORTS = { from: 12_000, to: 30_000 };

async function lastingPort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

async function cutConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  } finally {
    await client.end();
  }
}

/** One hub on the embedded database, or `replicas` of it on a PostgreSQL, each a process with a home of its own and the same keys. */
export async function startHubs(databaseUrl: string | undefined, replicas: number): Promise<RunningHubs> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-events-'));
  const ports = await Promise.all(Array.from({ length: replicas }, lastingPort));
  const settings = ports.map((port, n) => ({ home: join(folder, `hub-${n}`), port, databaseUrl }));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => end(child, 'SIGTERM')));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    let first: Served | undefined;
    for (const [n, one] of settings.entries()) {
      if (n > 0) await cp(join(folder, 'hub-0', 'hub'), join(one.home, 'hub'), { recursive: true });
      const { child, served } = await start(one, n === 0);
      children.push(child);
      first ??= served;
    }
    return {
      servers: ports.map((port) => `https://127.0.0.1:${port}`),
      ca: first?.ca ?? '',
      token: first?.token ?? '',
      async restart(index, signal) {
        await end(children[index] as ChildProcess, signal);
        children[index] = (await start(settings[index] as Settings, false)).child;
      },
      cutDatabase: databaseUrl === undefined ? undefined : () => cutConnections(databaseUrl),
      memory: async () => Math.max(...(await Promise.all(children.map(({ pid }) => resident(pid ?? 0))))),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
