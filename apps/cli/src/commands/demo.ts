import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('demo')
    .description(
      'Look around: a hub in memory with a made-up fleet, on this machine only, until Ctrl-C. Nothing is installed and nothing is left behind.',
    )
    .option('--clusters <number>', 'how many clusters are made up', '5000')
    .option('--seed <number>', 'the same seed makes the same fleet', '1')
    .option('--port <port>', 'port on 127.0.0.1', '7444')
    .option('--weather <ms>', 'milliseconds between two changes that nobody asked for; 0 for none', '1500')
    .addHelpText('after', `\nExamples:\n  ${deps.self} demo\n  ${deps.self} demo --clusters 50 --weather 0`)
    .action(async (options: { clusters: string; seed: string; port: string; weather: string }) => {
      const [{ ensureConsole }, { demoCache, runDemo }] = await Promise.all([import('@slipway/forge'), import('../plane/demo.ts')]);
      const { path } = await ensureConsole({ repoRoot: deps.root, cacheDir: await demoCache(deps.env) });
      const args = (['clusters', 'seed', 'port', 'weather'] as const).flatMap((name) => [`--${name}`, options[name]]);
      process.exitCode = await runDemo({ root: deps.root, consoleDir: path, args });
    });
}
