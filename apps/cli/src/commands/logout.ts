import { SlipwayError } from '@slipway/kit';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('logout')
    .description('End your session at the hub and forget it here. The context stays, to log in to again.')
    .option('--context <name>', 'which hub (see: slipway context)')
    .addHelpText('after', `\nExamples:\n  ${deps.self} logout`)
    .action(async (options: { context?: string }) => {
      const [{ contextsPath, createContextStore }, { createAccountClient }] = await Promise.all([
        import('../config/contexts.ts'),
        import('../account/account-client.ts'),
      ]);
      const store = createContextStore(contextsPath(deps.env));
      const { contexts, current } = await store.read();
      const context = contexts.find(({ name }) => name === (options.context ?? current));
      if (context?.token === undefined) return deps.io.say('You are not logged in.');
      const { token: _token, ...rest } = context;
      if (context.token.startsWith('sws_'))
        await createAccountClient(context, deps.signal)
          .logout()
          // A session that has ended already needs no end.
          .catch((error: unknown) => {
            if (!(error instanceof SlipwayError && error.code === 'Unauthorized')) throw error;
          });
      await store.put(rest, { use: false });
      const goesOn = context.token.startsWith('sws_') ? '' : ' Its API token still works where it is known: delete its key to end it.';
      deps.io.say(`Logged out of ${context.server}.${goesOn}`);
    });
}
