import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('dev')
    .description(
      'Like "up --no-cluster", with hub and gateway agent restarted when a source file changes. Their logs follow; Ctrl-C leaves them running.',
    )
    .option('--port <port>', 'port of the hub')
    .option('--inspect', "open Node's inspector: hub on 127.0.0.1:9229, gateway agent on 127.0.0.1:9230")
    .addHelpText('after', `\nExamples:\n  SLIPWAY_HOME=/tmp/slipway-dev SLIPWAY_PORT=8443 ${deps.self} dev\n  ${deps.self} dev --inspect`)
    .action(async (options: { port?: string; inspect?: boolean }) => {
      const [{ up }, { followLogs }, { planePaths }] = await Promise.all([
        import('../plane/up.ts'),
        import('../output/follow-logs.ts'),
        import('../plane/paths.ts'),
      ]);
      await up(deps, {
        ...(options.port === undefined ? {} : { port: options.port }),
        cluster: false,
        stockClusterApi: false,
        background: false,
        dev: true,
        inspect: options.inspect === true,
        timeoutMs: 1_200_000,
      });
      deps.io.say(
        `Hub and gateway agent restart when a file changes. Logs follow; Ctrl-C leaves them running, "${deps.self} down --hub" stops them.`,
      );
      await followLogs(deps, planePaths(deps.env).log, ['plane.log', 'hub.log', 'gateway-agent.log']);
    });
}
