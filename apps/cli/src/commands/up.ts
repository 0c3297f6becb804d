import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

interface UpCommandOptions {
  readonly port?: string;
  readonly cluster: boolean;
  readonly stockClusterApi?: boolean;
  readonly background: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  program
    .command('up')
    .description(
      'Start Slipway on this machine: host checks, Kubernetes toolchain, hub, gateway, and the cluster dev from the starter profile. Safe to interrupt and to run again.',
    )
    .option('--port <port>', 'port of the hub (default: SLIPWAY_PORT, or what was used before, or 7443)')
    .option('--no-cluster', 'hub and gateway only, no cluster dev')
    .option('--stock-cluster-api', 'Cluster API as released, without the shortened waiting times')
    .option('--no-background', 'do not make the second Kubernetes version in the background')
    .option('--timeout <duration>', 'how long to wait for the cluster dev', '20m')
    .addHelpText(
      'after',
      `
Examples:
  ${deps.self} up
  ${deps.self} up --port 8443
  DATABASE_URL=postgres://slipway@db/slipway ${deps.self} up

Environment:
  SLIPWAY_HOME   state of this instance (default /var/lib/slipway)
  SLIPWAY_CACHE  toolchain and images, shared by instances (default /var/cache/slipway)
  SLIPWAY_PORT   default of --port
  SLIPWAY_CONFIG file of contexts and tokens (default ~/.config/slipway/config.yaml)
  DATABASE_URL   a PostgreSQL instead of the embedded database`,
    )
    .action(async (options: UpCommandOptions) => {
      const [{ up }, { parseDuration }, { farewell }] = await Promise.all([
        import('../plane/up.ts'),
        import('../output/duration.ts'),
        import('../output/farewell.ts'),
      ]);
      const result = await up(deps, {
        ...(options.port === undefined ? {} : { port: options.port }),
        cluster: options.cluster,
        stockClusterApi: options.stockClusterApi === true,
        background: options.background,
        dev: false,
        timeoutMs: parseDuration(options.timeout),
      });
      farewell(deps, result);
    });
}
