import { apiKeyKind } from '@slipway/model';
import type { Command } from 'commander';
import { lifetimeMs } from '../account/lifetime.ts';
import type { CliDeps } from '../command.ts';
import { type HubOptions, openSession, withHubOptions } from '../hub/session.ts';

interface NewKeyOptions extends HubOptions {
  readonly serviceAccount?: string;
  readonly ttl?: string;
  readonly description: string;
}

export function register(program: Command, deps: CliDeps): void {
  const apikey = program
    .command('apikey')
    .description('Keys for programs. A key is shown once, when it is made; the hub keeps only its hash.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} apikey create deploy --service-account ci --ttl 90d -p shop\n  ${deps.self} apikey rotate deploy\n  ${deps.self} get apikeys\n  ${deps.self} delete apikey deploy`,
    );
  withHubOptions(apikey.command('create'))
    .description('A new key, yours or of a service account; prints the token.')
    .argument('<name>')
    .option('--service-account <name>', 'whom it is (of the project); default: you')
    .option('--ttl <duration>', 'how long it works: 12h, 90d; default: until it is deleted')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, options: NewKeyOptions) => {
      const { hub, project } = await openSession(deps, options);
      const owner =
        options.serviceAccount === undefined
          ? { kind: 'User' as const, name: (await hub.whoami()).username }
          : { kind: 'ServiceAccount' as const, project, name: options.serviceAccount };
      const expiresAt = options.ttl === undefined ? {} : { expiresAt: new Date(Date.now() + lifetimeMs(options.ttl)).toISOString() };
      const spec = { owner, description: options.description, ...expiresAt };
      await hub.create(apiKeyKind, { kind: 'ApiKey', metadata: { name }, spec }, project);
      deps.io.say(`API key "${name}" was made. Its token is shown this once:`);
      deps.io.data(await hub.keyToken(name));
    });
  withHubOptions(apikey.command('rotate'))
    .description('A new token for a key; the one before stops to work.')
    .argument('<name>')
    .action(async (name: string, options: HubOptions) => {
      const { hub } = await openSession(deps, options);
      deps.io.data(await hub.keyToken(name));
    });
}
