import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('describe'))
    .description('Show one object in full: its state, what belongs to it and what happened to it.')
    .argument('<noun>')
    .argument('[name]')
    .addHelpText('after', `\nExamples:\n  ${deps.self} describe cluster dev\n  ${deps.self} describe pool dev-workers`)
    .action(async (noun: string, name: string | undefined, options: HubOptions) => {
      const [{ parseTargets }, { describeObject }] = await Promise.all([import('../hub/nouns.ts'), import('../output/describe.ts')]);
      const { kind, names } = parseTargets(noun, name ? [name] : []);
      const wanted = names[0];
      if (wanted === undefined) throw new UsageError(`say which ${kind.singular}`, `List them with: ${deps.self} get ${kind.plural}`);
      const { hub, project } = await openSession(deps, options);
      deps.io.data(await describeObject({ hub, kind, name: wanted, project, now: Date.now(), paint: deps.io }));
    });
}
