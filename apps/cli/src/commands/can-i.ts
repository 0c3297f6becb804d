import { GROUP } from '@slipway/model';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import { type HubOptions, openSession, withHubOptions } from '../hub/session.ts';

interface CanIOptions extends HubOptions {
  readonly explain?: boolean;
  readonly allProjects?: boolean;
  readonly output: string;
}

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('can-i'))
    .description('Whether you may do something: prints yes or no; exit code 1 is no.')
    .argument('<verb>', 'get, list, watch, create, update, patch, delete')
    .argument('<what>', 'a noun such as clusters, or clusters/kubeconfig')
    .argument('[name]', 'one object')
    .option('--explain', 'say which rule allows it, or what is missing and who can grant it')
    .option('-A, --all-projects', 'in every project, instead of one')
    .option('-o, --output <format>', 'text or json', 'text')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} can-i delete clusters\n  ${deps.self} can-i get clusters/kubeconfig prod -p shop --explain`,
    )
    .action(async (verb: string, what: string, name: string | undefined, options: CanIOptions) => {
      const [{ requireKind }, { hub, project }] = await Promise.all([import('../hub/nouns.ts'), openSession(deps, options)]);
      const [noun = '', subresource] = what.split('/');
      const kind = requireKind(noun);
      const answer = await hub.canI({
        verb,
        group: GROUP,
        resource: kind.plural,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
        ...(kind.scope === 'project' && !options.allProjects ? { project } : {}),
      });
      if (options.output === 'json') deps.io.data(JSON.stringify(answer, null, 2));
      else deps.io.data(options.explain ? `${answer.allowed ? 'yes' : 'no'}: ${answer.reason}` : answer.allowed ? 'yes' : 'no');
      if (!answer.allowed) throw new Finished(EXIT.failed);
    });
}
