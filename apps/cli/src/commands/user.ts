import { SlipwayError } from '@slipway/kit';
import { userKind } from '@slipway/model';
import type { Command } from 'commander';
import { lifetimeMs } from '../account/lifetime.ts';
import { openAccount } from '../account/open-account.ts';
import type { CliDeps } from '../command.ts';
import { Finished, UsageError } from '../exit.ts';
import { type HubOptions, openSession, withHubOptions } from '../hub/session.ts';

interface InviteOptions extends HubOptions {
  readonly ttl?: string;
  readonly email: string;
  readonly displayName: string;
}

export function register(program: Command, deps: CliDeps): void {
  const user = program
    .command('user')
    .description('Invite people, give them a new link when they forgot their password, choose one with a link.')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} user invite ada --email ada@example.com\n  ${deps.self} user reset-password ada --ttl 1h\n  ${deps.self} user accept 'https://hub.example.com:7443/auth/invitation#swi_…'\n  sudo ${deps.self} user set-password admin     # who has the host of the hub`,
    );
  withHubOptions(user.command('invite'))
    .description('Make a user, if there is none, and print a link with which they choose their password. It works once.')
    .argument('<name>')
    .option('--email <address>', 'of a new user', '')
    .option('--display-name <text>', 'of a new user', '')
    .option('--ttl <duration>', 'how long the link works: 30m, 12h, 30d at most (default: 72h)')
    .action(async (name: string, options: InviteOptions) => {
      const { hub, project } = await openSession(deps, options);
      const spec = { email: options.email, displayName: options.displayName };
      await hub.create(userKind, { kind: 'User', metadata: { name }, spec }, project).catch((error: unknown) => {
        if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
      });
      await printLink(deps, name, options);
    });
  withHubOptions(user.command('reset-password'))
    .description('Print a link with which a user chooses a new password. The one there is works until then; the link before stops.')
    .argument('<name>')
    .option('--ttl <duration>', 'how long the link works: 30m, 12h, 30d at most (default: 72h)')
    .action(async (name: string, options: HubOptions & { ttl?: string }) => printLink(deps, name, options));
  user
    .command('accept')
    .description('Choose a password with a link you were given.')
    .argument('<link>')
    .option('--ca-file <file>', 'certificate authority of the hub, when it is not a public one')
    .option('--password-stdin', 'read the new password from standard input')
    .action(async (link: string, options: { caFile?: string; passwordStdin?: boolean }) => accept(deps, link, options));
  user
    .command('set-password')
    .description(
      'Set a user’s password over the local socket of the hub on this machine: for the first admin, and when nobody gets in any more.',
    )
    .argument('<name>')
    .option('--tenant <name>', 'the tenant the user is of', 'default')
    .option('--password-stdin', 'read the new password from standard input')
    .action(async (name: string, options: { tenant: string; passwordStdin?: boolean }) => setPassword(deps, name, options));
}

async function printLink(deps: CliDeps, name: string, options: HubOptions & { ttl?: string }): Promise<void> {
  const seconds = options.ttl === undefined ? undefined : lifetimeMs(options.ttl) / 1000;
  const { account } = await openAccount(deps, { ...options, user: name });
  const { link, expiresAt } = await account.invite(name, seconds);
  deps.io.say(`With this link "${name}" chooses a password, once, until ${expiresAt}. Whoever has it can: give it to nobody else.`);
  deps.io.data(link);
}

async function accept(deps: CliDeps, link: string, options: { caFile?: string; passwordStdin?: boolean }): Promise<void> {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.protocol !== 'https:' || !url.hash.startsWith('#swi_'))
    throw new UsageError('this is not the link of an invitation', 'Give it whole, in quotes: https://…/auth/invitation#swi_…');
  const [{ createAccountClient }, { askNewPassword, passwordLines }, { readFile }] = await Promise.all([
    import('../account/account-client.ts'),
    import('../account/passwords.ts'),
    import('node:fs/promises'),
  ]);
  const authority = options.caFile === undefined ? {} : { certificateAuthority: await readFile(options.caFile, 'utf8') };
  const [given] = (await passwordLines(deps, options.passwordStdin, 1)) ?? [];
  const password = given ?? (await askNewPassword(deps));
  const account = createAccountClient({ name: 'link', server: url.origin, project: 'default', ...authority }, deps.signal);
  const done = await account.accept(url.hash.slice(1), password);
  const tenant = done.tenant === 'default' ? '' : ` --tenant ${done.tenant}`;
  deps.io.say(`The password is set. Log in with: ${deps.self} login ${url.origin} --user ${done.user}${tenant}`);
}

async function setPassword(deps: CliDeps, name: string, options: { tenant: string; passwordStdin?: boolean }): Promise<void> {
  const [{ run }, { planePaths }, { join }, { askNewPassword, passwordLines }] = await Promise.all([
    import('@slipway/kit'),
    import('../plane/paths.ts'),
    import('node:path'),
    import('../account/passwords.ts'),
  ]);
  const [given] = (await passwordLines(deps, options.passwordStdin, 1)) ?? [];
  const password = given ?? (await askNewPassword(deps));
  const args = [
    join(deps.root, 'apps/hub/src/main.ts'),
    'set-password',
    name,
    '--tenant',
    options.tenant,
    '--home',
    planePaths(deps.env).home,
  ];
  const result = await run(process.execPath, args, {
    as: `the hub setting the password of ${name}`,
    allow: [1, 10],
    env: deps.env,
    stdin: password,
    signal: deps.signal,
  });
  if (result.stdout !== '') deps.io.say(result.stdout.trimEnd());
  if (result.stderr !== '') deps.io.say(result.stderr.trimEnd());
  if (result.code !== 0) throw new Finished(result.code === 10 ? 10 : 1);
}
