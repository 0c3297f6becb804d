import type { Command } from 'commander';
import { openAccount } from '../account/open-account.ts';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { type HubOptions, withHubOptions } from '../hub/session.ts';

interface SessionsOptions extends HubOptions {
  readonly user?: string;
  readonly all?: boolean;
  readonly output: string;
}

export function register(program: Command, deps: CliDeps): void {
  const sessions = program
    .command('sessions')
    .description('Where you, or others, are signed in.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} sessions list\n  ${deps.self} sessions revoke 0123456789abcdef\n  ${deps.self} sessions revoke --all --user ada`,
    );
  withHubOptions(sessions.command('list'))
    .description('Sessions that stand, the last used first; * is this one.')
    .option('--user <name>', 'of this user; default: you')
    .option('-o, --output <format>', 'table or json', 'table')
    .action(async (options: SessionsOptions) => {
      const { account, name } = await openAccount(deps, options);
      const items = await account.sessions(name);
      if (options.output === 'json') return deps.io.data(JSON.stringify(items, null, 2));
      const { renderTable } = await import('../output/table.ts');
      const rows = items.map((one) => [
        `${one.id}${one.current ? ' *' : ''}`,
        one.provider ?? one.method,
        one.address ?? '-',
        one.createdAt,
        one.lastUsedAt,
        one.expiresAt,
      ]);
      deps.io.data(renderTable(['SESSION', 'BY', 'FROM', 'SINCE', 'LAST USED', 'ENDS'], rows));
    });
  withHubOptions(sessions.command('revoke'))
    .description('End a session, or all of a user: also what is open with it, within seconds.')
    .argument('[session]')
    .option('--all', 'every session of the user')
    .option('--user <name>', 'of this user; default: you')
    .action(async (session: string | undefined, options: SessionsOptions) => {
      if ((session === undefined) !== (options.all === true)) throw new UsageError('name one session, or say --all');
      const { account, name } = await openAccount(deps, options);
      const ended = await account.endSessions(name, session);
      deps.io.say(`${ended.length} session${ended.length === 1 ? '' : 's'} of "${name}" ended.`);
    });
}
