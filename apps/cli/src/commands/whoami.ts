import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('whoami'))
    .description('Who you are to the hub.')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText('after', `\nExamples:\n  ${deps.self} whoami\n  ${deps.self} whoami -o json | jq -r .tenant`)
    .action(async (options: HubOptions & { output: string }) => {
      const { hub, project } = await openSession(deps, options);
      const me = await hub.whoami();
      if (options.output === 'json') return deps.io.data(JSON.stringify({ ...me, server: hub.server, project }, null, 2));
      deps.io.data(
        `User:     ${me.username}\nGroups:   ${me.groups.join(', ') || '-'}\nTenant:   ${me.tenant}${me.tenant === me.home ? '' : ` (you are from ${me.home})`}\nHub:      ${hub.server}\nProject:  ${project}`,
      );
    });
}
