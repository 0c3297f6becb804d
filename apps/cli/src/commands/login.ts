import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';

interface LoginOptions {
  readonly name?: string;
  readonly caFile?: string;
  readonly tokenStdin?: boolean;
  readonly tokenFile?: string;
  readonly project: string;
}

export function register(program: Command, deps: CliDeps): void {
  program
    .command('login')
    .description(
      'Log in to a hub with an API token. The token is asked for, or read from a file or standard input: never from an argument, where others could see it.',
    )
    .argument('<url>', 'the hub: https://hub.example.com:7443')
    .option('--name <context>', 'name of the context (default: the host name)')
    .option('--ca-file <file>', 'certificate authority of the hub, when it is not a public one')
    .option('--token-file <file>', 'file that holds the token')
    .option('--token-stdin', 'read the token from standard input')
    .option('-p, --project <name>', 'project of the context', 'default')
    .addHelpText(
      'after',
      `\nExamples:\n  ${deps.self} login https://hub.example.com:7443\n  echo "$TOKEN" | ${deps.self} login https://127.0.0.1:7443 --ca-file ca.crt --token-stdin`,
    )
    .action(async (url: string, options: LoginOptions) => login(deps, url, options));
}

async function readToken(deps: CliDeps, options: LoginOptions): Promise<string> {
  if (options.tokenFile) return (await readFile(options.tokenFile, 'utf8')).trim();
  if (options.tokenStdin) return (await deps.io.readStdin()).trim();
  if (deps.env['SLIPWAY_TOKEN']) return deps.env['SLIPWAY_TOKEN'];
  if (!deps.io.interactive)
    throw new UsageError('there is no terminal to ask for the token', 'Use --token-stdin, --token-file or SLIPWAY_TOKEN.');
  return deps.io.ask('API token: ');
}

async function login(deps: CliDeps, url: string, options: LoginOptions): Promise<void> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw new UsageError(`"${url}" is not the address of a hub`, 'Write it like https://hub.example.com:7443.');
  const [{ contextsPath, createContextStore }, { connectHub }] = await Promise.all([
    import('../config/contexts.ts'),
    import('../hub/connect.ts'),
  ]);
  const server = url.replace(/\/+$/, '');
  const token = await readToken(deps, options);
  if (token === '') throw new UsageError('the token is empty');
  const authority = options.caFile ? await readFile(options.caFile, 'utf8') : undefined;
  const context = {
    name: options.name ?? new URL(server).hostname,
    server,
    token,
    project: options.project,
    ...(authority ? { certificateAuthority: authority } : {}),
  };
  const me = await connectHub(context, deps.signal).whoami();
  const store = createContextStore(contextsPath(deps.env));
  await store.put(context, { use: true });
  deps.io.say(`Logged in to ${server} as ${me.username}; context "${context.name}" saved in ${store.path}.`);
}
