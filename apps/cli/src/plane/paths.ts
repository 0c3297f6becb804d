import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../exit.ts';

export const DEFAULT_PORT = 7443;

/** Where one instance of Slipway on this host keeps what. Everything of it is below `home`, except the toolchain cache that instances share. */
export interface PlanePaths {
  readonly home: string;
  readonly cache: string;
  /** Pid files: `<run>/<name>.json`. */
  readonly run: string;
  readonly log: string;
  /** What the supervisor keeps running; may hold a database address, so 0600. */
  readonly processes: string;
  /** Authority of the hub's certificate. */
  readonly hubCa: string;
  readonly gatewayKubeconfig: string;
  readonly gatewayJoinToken: string;
}

export function planePaths(env: NodeJS.ProcessEnv): PlanePaths {
  const home = absolute(env['SLIPWAY_HOME'] ?? '/var/lib/slipway', 'SLIPWAY_HOME');
  const cache = absolute(env['SLIPWAY_CACHE'] ?? '/var/cache/slipway', 'SLIPWAY_CACHE');
  return {
    home,
    cache,
    run: join(home, 'run'),
    log: join(home, 'log'),
    processes: join(home, 'plane.json'),
    hubCa: join(home, 'hub', 'pki', 'ca.crt'),
    gatewayKubeconfig: join(home, 'gateway', 'kubeconfig'),
    gatewayJoinToken: join(home, 'gateway', 'join-token'),
  };
}

/** Relative paths would mean something else to the processes that go on without the shell they were typed in. */
function absolute(path: string, name: string): string {
  if (path === '') throw new UsageError(`${name} is empty`);
  const full = isAbsolute(path) ? path : resolve(path);
  if (full === '/') throw new UsageError(`${name} must not be /`);
  return full.replace(/\/+$/, '');
}

/** `--port`, then SLIPWAY_PORT, then what this home used before, then 7443. */
export function choosePort(flag: string | undefined, env: NodeJS.ProcessEnv, used: number | undefined): number {
  const text = flag ?? env['SLIPWAY_PORT'];
  if (text === undefined || text === '') return used ?? DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`"${text}" is not a port`, 'Ports are whole numbers from 1 to 65535.');
  return port;
}
