import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSecret, run, SlipwayError, waitFor } from '@slipway/kit';
import type { CliDeps } from '../command.ts';

export interface TestPostgres {
  readonly url: string;
  /** The server's own process id; 0 when it was given. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of its own on loopback: SLIPWAY_TEST_DATABASE_URL if set, else Debian's server (installed if missing) with a throw-away data directory. `durable`:
 * it writes to the disk before it answers, as in production.
 */
export async function startPostgres(
  deps: Pick<CliDeps, 'env' | 'io' | 'signal'>,
  { durable = false }: { durable?: boolean } = {},
): Promise<TestPostgres> {
  const given = deps.env['SLIPWAY_TEST_DATABASE_URL'];
  if (given) return { url: given, pid: 0, stop: async () => undefined };
  const bin = (await serverDirectory()) ?? (await install(deps));
  const folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
  const owner = await ownerOf();
  const password = randomSecret(12);
  const data = join(folder, 'data');
  await writeFile(join(folder, 'password'), password, { mode: 0o600 });
  await mkdir(data);
  if (owner) for (const path of [folder, data, join(folder, 'password')]) await chown(path, owner.uid, owner.gid);
  // The server refuses to run as root.
  const identity = owner ? { uid: owner.uid, gid: owner.gid } : {};
  const env = { PATH: deps.env['PATH'], LC_ALL: 'C.UTF-8', HOME: folder };
  const initdb = owner
    ? ['setpriv', '--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups', join(bin, 'initdb')]
    : [join(bin, 'initdb')];
  await run(
    initdb[0] ?? '',
    [
      ...initdb.slice(1),
      '-D',
      data,
      '-U',
      'slipway',
      '--auth=scram-sha-256',
      `--pwfile=${join(folder, 'password')}`,
      '--no-sync',
      '-E',
      'UTF8',
    ],
    { env, cwd: folder },
  );
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    fsync: durable ? 'on' : 'off',
    max_connections: '200',
  };
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    { ...identity, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  server.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await waitFor(() => (server.exitCode === null ? said.includes('ready to accept connections') : fail(said)), {
    what: 'PostgreSQL to start',
    timeoutMs: 30_000,
    intervalMs: 50,
  });
  return {
    url: `postgres://slipway:${password}@127.0.0.1:${port}/postgres`,
    pid: server.pid ?? 0,
    async stop() {
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function fail(said: string): never {
  throw new SlipwayError('Host', `PostgreSQL did not start: ${said.trim().split('\n').slice(-3).join('\n')}`);
}

/** The newest server Debian has installed. */
async function serverDirectory(): Promise<string | undefined> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  for (const version of versions) {
    const bin = `/usr/lib/postgresql/${version}/bin`;
    if (await stat(join(bin, 'initdb')).catch(() => undefined)) return bin;
  }
  return undefined;
}

async function install(deps: Pick<CliDeps, 'env' | 'io' | 'signal'>): Promise<string> {
  if (process.getuid?.() !== 0)
    throw new SlipwayError('Host', 'PostgreSQL is not installed, and only root can install it.', {
      hint: 'apt-get install postgresql, or set SLIPWAY_TEST_DATABASE_URL.',
    });
  deps.io.say('Installing the Debian package postgresql for the tests…');
  // Without this Debian would make and start a server of its own on port 5432.
  await mkdir('/etc/postgresql-common', { recursive: true });
  const settings = '/etc/postgresql-common/createcluster.conf';
  if (!(await stat(settings).catch(() => undefined))) await writeFile(settings, 'create_main_cluster = false\n');
  const env = { ...deps.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-q'], { env, signal: deps.signal });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', 'postgresql'], {
      env,
      signal: deps.signal,
    });
  } catch (error) {
    throw new SlipwayError(
      'Host',
      `The Debian package postgresql could not be installed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, hint: 'See that a Debian mirror is reachable (apt-get update), or set SLIPWAY_TEST_DATABASE_URL.' },
    );
  }
  const bin = await serverDirectory();
  if (!bin)
    throw new SlipwayError('Host', 'The package postgresql is installed but its server is not where Debian puts it (/usr/lib/postgresql).');
  return bin;
}

/** The user the server runs as when we are root. */
async function ownerOf(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await run('getent', ['passwd', 'postgres']);
  const fields = stdout.split(':');
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
