import { join } from 'node:path';
import type { PlanePaths } from './paths.ts';
import type { PlaneFile, ProcessSpec } from './process-specs.ts';

export interface ServicesInput {
  readonly root: string;
  readonly paths: PlanePaths;
  readonly port: number;
  /** The host's address on the machines' bridge. */
  readonly bridge: string;
  /** PostgreSQL instead of the embedded database. */
  readonly databaseUrl?: string;
  /** The gateway cluster exists: its agent may run. */
  readonly withAgent: boolean;
  /** Restart on source change. */
  readonly dev: boolean;
  /** Node's inspector: hub on 9229, gateway agent on 9230. */
  readonly inspect: boolean;
}

/** The processes of one instance on this host, in the order they start. */
export function services(input: ServicesInput): PlaneFile {
  const { root, paths, port, bridge } = input;
  const sources = (app: string): string[] => (input.dev ? [join(root, 'packages'), join(root, 'apps', app, 'src')] : []);
  const inspect = (at: number): string[] => (input.inspect ? [`--inspect=127.0.0.1:${at}`] : []);
  const env = { SLIPWAY_HOME: paths.home, SLIPWAY_CACHE: paths.cache, NODE_ENV: 'production' };
  const hub: ProcessSpec = {
    name: 'hub',
    command: process.execPath,
    args: [
      ...inspect(9229),
      // Lets the hub give back what opening its database took.
      '--expose-gc',
      join(root, 'apps/hub/src/main.ts'),
      'serve',
      '--home',
      paths.home,
      '--port',
      String(port),
      '--listen',
      '127.0.0.1',
      '--listen',
      bridge,
    ],
    env: { ...env, ...(input.databaseUrl ? { DATABASE_URL: input.databaseUrl } : {}) },
    watch: sources('hub'),
  };
  const agent: ProcessSpec = {
    name: 'gateway-agent',
    command: process.execPath,
    args: [
      ...inspect(9230),
      join(root, 'apps/agent/src/main.ts'),
      'gateway',
      '--home',
      paths.home,
      '--hub',
      `https://127.0.0.1:${port}`,
      '--ca',
      paths.hubCa,
      '--join-token-file',
      paths.gatewayJoinToken,
    ],
    env,
    watch: sources('agent'),
  };
  return { port, listen: ['127.0.0.1', bridge], processes: input.withAgent ? [hub, agent] : [hub] };
}
