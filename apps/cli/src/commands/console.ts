import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('console')
    .description('Print where the console of the hub is, or build it for the hub on this machine.')
    .option('--context <name>', 'which hub (see: slipway context)')
    .option('--build', 'build it and lay it where the hub of SLIPWAY_HOME looks; nothing is done when it is there already')
    .addHelpText('after', `\nExamples:\n  ${deps.self} console\n  sudo ${deps.self} console --build     # a hub that says it has none`)
    .action(async (options: { build?: boolean; context?: string }) => {
      if (options.build) return build(deps);
      const { contextsPath, createContextStore, resolveContext } = await import('../config/contexts.ts');
      const { server } = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, options.context);
      deps.io.data(`${server}/console/`);
    });
}

async function build(deps: CliDeps): Promise<void> {
  const [{ ensureConsole }, { layConsole }, { planePaths }] = await Promise.all([
    import('@slipway/forge'),
    import('../plane/hub-programs.ts'),
    import('../plane/paths.ts'),
  ]);
  const paths = planePaths(deps.env);
  const { path, made } = await ensureConsole({ repoRoot: deps.root, cacheDir: paths.cache });
  await layConsole(paths, path);
  deps.io.data(`The console is ${made ? 'built' : 'there'}: ${paths.home}/console is ${path}`);
}
