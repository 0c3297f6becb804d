import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

interface SyncOptions extends HubOptions {
  readonly scope: 'tenant' | 'project';
  readonly wait: boolean;
  readonly timeout: string;
}

export function register(program: Command, deps: CliDeps): void {
  const registry = program
    .command('registry')
    .description('Registries: where packs come from. Make them with apply or create; see them with get and describe.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} get registries\n  ${deps.self} registry sync stable\n  ${deps.self} get packs --field-selector spec.registry=stable`,
    );
  withHubOptions(registry.command('sync'))
    .description('Read the catalogue of a registry anew, and wait until that is done. Exit code 1 when it could not be read.')
    .argument('<name>')
    .option('--scope <scope>', 'tenant, or project for a registry of the project', 'tenant')
    .option('--no-wait', 'only ask for it')
    .option('--timeout <duration>', 'exit with code 6 after this long', '5m')
    .action(async (name: string, options: SyncOptions) => {
      const { syncRegistry } = await import('../registry/sync.ts');
      const { parseDuration } = await import('../output/duration.ts');
      const { hub, project } = await openSession(deps, options);
      const own = options.scope === 'project' ? project : undefined;
      await syncRegistry(deps, hub, { name, project: own, wait: options.wait, timeoutMs: parseDuration(options.timeout) });
    });
}
