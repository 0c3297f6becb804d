import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('context')
    .description('List the hubs you are logged in to, or switch to one.')
    .argument('[name]', 'switch to this context')
    .option('--remove <name>', 'forget a context and its token')
    .addHelpText('after', `\nExamples:\n  ${deps.self} context\n  ${deps.self} context local`)
    .action(async (name: string | undefined, options: { remove?: string }) => {
      const [{ contextsPath, createContextStore }, { renderTable }] = await Promise.all([
        import('../config/contexts.ts'),
        import('../output/table.ts'),
      ]);
      const store = createContextStore(contextsPath(deps.env));
      if (options.remove) {
        await store.remove(options.remove);
        return deps.io.say(`Forgot context "${options.remove}".`);
      }
      if (name !== undefined) {
        await store.use(name);
        return deps.io.say(`Now using context "${name}".`);
      }
      const config = await store.read();
      if (config.contexts.length === 0)
        return deps.io.say(`No contexts. Start a hub here with "${deps.self} up", or log in to one with "${deps.self} login <url>".`);
      deps.io.data(
        renderTable(
          ['CURRENT', 'NAME', 'SERVER', 'PROJECT'],
          config.contexts.map((one) => [one.name === config.current ? '*' : '', one.name, one.server, one.project]),
        ),
      );
    });
}
