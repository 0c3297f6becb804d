import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('passwd')
    .description('Change your password. Your other sessions end.')
    .option('--password-stdin', 'read the password there is and the new one from standard input, a line each')
    .option('--context <name>', 'which hub (see: slipway context)')
    .addHelpText('after', `\nExamples:\n  ${deps.self} passwd`)
    .action(async (options: { passwordStdin?: boolean; context?: string }) => {
      const [
        { contextsPath, createContextStore, resolveContext },
        { createAccountClient },
        { askNewPassword, askPassword, passwordLines },
      ] = await Promise.all([import('../config/contexts.ts'), import('../account/account-client.ts'), import('../account/passwords.ts')]);
      const context = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, options.context);
      const [current, next] = (await passwordLines(deps, options.passwordStdin, 2)) ?? [
        await askPassword(deps, 'Current password: '),
        await askNewPassword(deps),
      ];
      const { user } = await createAccountClient(context, deps.signal).changePassword(current as string, next as string);
      deps.io.say(`The password of "${user}" was changed; other sessions have ended.`);
    });
}
