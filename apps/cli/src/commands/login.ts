import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import type { Context, ContextStore } from '../config/contexts.ts';
import { UsageError } from '../exit.ts';

export interface LoginOptions {
  readonly name?: string;
  readonly caFile?: string;
  readonly user?: string;
  readonly sso?: boolean;
  readonly provider?: string;
  readonly tenant: string;
  readonly passwordStdin?: boolean;
  readonly tokenStdin?: boolean;
  readonly tokenFile?: string;
  readonly project?: string;
}

export function register(program: Command, deps: CliDeps): void {
  program
    .command('login')
    .description(
      'Log in to a hub: with a browser (single sign-on), as a user with a password, or with an API token. Secrets are asked for, or read from a file or standard input: never from an argument, where others could see them.',
    )
    .argument('[url]', 'the hub: https://hub.example.com:7443 (default: the one of the current context)')
    .option('--user <name>', 'sign in as this user, with a password')
    .option('--sso', 'sign in with a browser, on this machine or any other: through an identity provider, or with a password')
    .option('--provider <name>', 'with --sso: the identity provider of the tenant')
    .option('--tenant <name>', 'the tenant the user is of', 'default')
    .option('--password-stdin', 'read the password from standard input')
    .option('--name <context>', 'name of the context (default: the host name)')
    .option('--ca-file <file>', 'certificate authority of the hub, when it is not a public one')
    .option('--token-file <file>', 'file that holds an API token')
    .option('--token-stdin', 'read an API token from standard input')
    .option('-p, --project <name>', 'project of the context (default: "default")')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} login https://hub.example.com:7443 --sso --tenant acme --provider corp\n  ${deps.self} login https://hub.example.com:7443 --user ada\n  ${deps.self} login --user ada                 # again, to the hub of the current context\n  echo "$TOKEN" | ${deps.self} login https://127.0.0.1:7443 --ca-file ca.crt --token-stdin`,
    )
    .action(async (url: string | undefined, options: LoginOptions) => login(deps, url, options));
}

async function readToken(deps: CliDeps, options: LoginOptions): Promise<string> {
  if (options.tokenFile) return (await readFile(options.tokenFile, 'utf8')).trim();
  if (options.tokenStdin) return (await deps.io.readStdin()).trim();
  if (deps.env['SLIPWAY_TOKEN']) return deps.env['SLIPWAY_TOKEN'];
  if (!deps.io.interactive)
    throw new UsageError('there is no terminal to ask for the token', 'Use --sso, --user, --token-stdin, --token-file or SLIPWAY_TOKEN.');
  return deps.io.askSecret('API token (or log in with --sso or --user <name>): ');
}

/** A session's token for a user who gives their password. */
async function signIn(deps: CliDeps, context: Context, user: string, options: LoginOptions): Promise<string> {
  const [{ createAccountClient }, { askPassword, passwordLines }] = await Promise.all([
    import('../account/account-client.ts'),
    import('../account/passwords.ts'),
  ]);
  const [given] = (await passwordLines(deps, options.passwordStdin, 1)) ?? [];
  const password = given ?? (await askPassword(deps, `Password of ${user}: `));
  const { token, expiresAt } = await createAccountClient(context, deps.signal).login({ tenant: options.tenant, user, password });
  deps.io.say(`The session ends at ${expiresAt}, or earlier when it is not used.`);
  return token;
}

/** A session's token for whoever approves in a browser. */
async function signInByBrowser(deps: CliDeps, context: Context, { tenant, provider }: LoginOptions): Promise<string> {
  const { signInByDevice } = await import('../account/device-sign-in.ts');
  const show = (address: string, code: string): void =>
    deps.io.say(`Open   ${address}\nand type the code   ${deps.io.paint('bold', code)}\nWaiting for you to approve …`);
  return signInByDevice(context, { tenant, provider }, { show, signal: deps.signal });
}

/** The context to log in to, without its token: a new one, or the known one of the same hub. */
async function contextOf(deps: CliDeps, store: ContextStore, url: string | undefined, options: LoginOptions): Promise<Context> {
  const { contexts, current } = await store.read();
  const known = contexts.find(({ name }) => name === (options.name ?? (url === undefined ? current : new URL(url).hostname)));
  const server = (url ?? known?.server)?.replace(/\/+$/, '');
  if (server === undefined) throw new UsageError('there is no context to log in to again', 'Give the address of the hub.');
  // Another hub under the same name is checked against its own authority.
  const kept = known?.server === server ? known.certificateAuthority : undefined;
  const authority = options.caFile ? await readFile(options.caFile, 'utf8') : kept;
  return {
    name: options.name ?? known?.name ?? new URL(server).hostname,
    server,
    project: options.project ?? known?.project ?? 'default',
    ...(authority ? { certificateAuthority: authority } : {}),
  };
}

async function login(deps: CliDeps, url: string | undefined, options: LoginOptions): Promise<void> {
  if (url !== undefined && (!URL.canParse(url) || new URL(url).protocol !== 'https:'))
    throw new UsageError(`"${url}" is not the address of a hub`, 'Write it like https://hub.example.com:7443.');
  const [{ contextsPath, createContextStore }, { connectHub }] = await Promise.all([
    import('../config/contexts.ts'),
    import('../hub/connect.ts'),
  ]);
  const store = createContextStore(contextsPath(deps.env));
  const empty = await contextOf(deps, store, url, options);
  if (options.provider !== undefined && !options.sso) throw new UsageError('--provider is of --sso');
  const token = options.sso
    ? await signInByBrowser(deps, empty, options)
    : options.user === undefined
      ? await readToken(deps, options)
      : await signIn(deps, empty, options.user, options);
  if (token === '') throw new UsageError('the token is empty');
  const context = { ...empty, token };
  const me = await connectHub(context, deps.signal).whoami();
  await store.put(context, { use: true });
  deps.io.say(`Logged in to ${context.server} as ${me.username}; context "${context.name}" saved in ${store.path}.`);
}
