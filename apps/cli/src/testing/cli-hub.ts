import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, waitFor } from '@slipway/kit';
import { freePorts } from '@slipway/testkit';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const hubMain = join(root, 'apps/hub/src/main.ts');
export const cliMain = join(root, 'apps/cli/src/main.ts');

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly talk: string;
}

/** The CLI as a process, as users run it, with a real hub on its embedded database that its admin is logged in to. */
export interface CliHub {
  readonly folder: string;
  readonly server: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ca: string;
  slipway(args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }): Promise<CliRun>;
  stop(): Promise<void>;
}

export async function startCliHub(hubEnv: NodeJS.ProcessEnv = {}): Promise<CliHub> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
  const home = join(folder, 'home');
  const [port = 0] = await freePorts(1);
  const server = `https://127.0.0.1:${port}`;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: folder,
    SLIPWAY_CONFIG: join(folder, 'config.yaml'),
    SLIPWAY_HOME: home,
    NODE_COMPILE_CACHE: join(tmpdir(), 'slipway-compile-cache'),
  };
  const slipway: CliHub['slipway'] = async (args, options = {}) => {
    const result = await run(process.execPath, [cliMain, ...args], {
      env: { ...env, ...options.env },
      allow: Array.from({ length: 256 }, (_, code) => code),
      timeoutMs: 240_000,
      ...(options.input === undefined ? {} : { stdin: options.input }),
    });
    return { code: result.code, out: result.stdout, talk: result.stderr };
  };
  const hub = spawn(process.execPath, [hubMain, 'serve', '--home', home, '--port', String(port)], {
    env: { ...process.env, DATABASE_URL: '', ...hubEnv },
    stdio: 'ignore',
  });
  const stop = async () => {
    const ended = new Promise((resolve) => hub.once('close', resolve));
    hub.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const ca = join(home, 'hub/pki/ca.crt');
  try {
    await waitFor(() => stat(ca), { what: 'the hub to make its certificates', timeoutMs: 240_000 });
    await waitFor(() => stat(join(home, 'run/hub.sock')), { what: 'the hub to listen', timeoutMs: 240_000 });
    const admin = await run(process.execPath, [hubMain, 'bootstrap-admin', '--home', home], { env: { ...process.env, DATABASE_URL: '' } });
    const { token } = JSON.parse(admin.stdout) as { token: string };
    const login = ['login', server, '--name', 'test', '--ca-file', ca, '--token-stdin'];
    await waitFor(async () => (await slipway(login, { input: token })).code === 0, { what: 'to log in', timeoutMs: 240_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, server, env, ca, slipway, stop };
}
