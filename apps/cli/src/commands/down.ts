import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';

interface DownCommandOptions {
  readonly hub?: boolean;
  readonly purge?: boolean;
  readonly cache?: boolean;
  readonly yes?: boolean;
}

export function register(program: Command, deps: CliDeps): void {
  program
    .command('down')
    .description('Stop everything on this machine and keep the data: "up" brings the same clusters back with their workloads and volumes.')
    .option('--hub', 'stop only hub and gateway agent; clusters run on')
    .option('--purge', 'remove everything: processes, machines, networks, data')
    .option('--cache', 'with --purge: the toolchain cache too (making it again takes a while)')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', `\nExamples:\n  ${deps.self} down\n  ${deps.self} down --purge`)
    .action(async (options: DownCommandOptions) => {
      if (options.cache && !options.purge) throw new UsageError('--cache needs --purge');
      if (options.hub && options.purge) throw new UsageError('--hub and --purge exclude each other');
      const { down } = await import('../plane/down.ts');
      if (options.purge) {
        const [{ confirm }, { planePaths }] = await Promise.all([import('../hub/confirm.ts'), import('../plane/paths.ts')]);
        await confirm(deps, `Remove every cluster, machine and all data of ${planePaths(deps.env).home}?`, options.yes === true);
      }
      await down(deps, { hubOnly: options.hub === true, purge: options.purge === true, cache: options.cache === true });
    });
}
