import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createIdentity } from '@slipway/identity';
import { messageOf, silentLogger, SlipwayError } from '@slipway/kit';
import { DEFAULT_TENANT } from '@slipway/model';
import { allowedFolders } from '@slipway/packs';
import { createStore } from '@slipway/store';
import { Command } from 'commander';
import { askAdminSocket, askSocket, bootstrapAdmin } from './admin-socket.ts';
import { ensurePki, openHome } from './home.ts';
import { startHub } from './hub.ts';
import { openDatabase } from './open-database.ts';
import { keysText } from './key-actions.ts';
import { parseListen } from './listeners.ts';
import { createLogger } from './log.ts';
import { publicUrlSetting } from './auth/browser/public-url.ts';
import { outboundSettings } from './outbound-settings.ts';
import { trustedProxies } from './trusted-proxies.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Exit codes, those of the CLI: the admin is there already, and a need of the host is not met. */
const EXISTS = 5;
const HOST = 10;

const program = new Command('slipway-hub').description('The management plane of Slipway: API, identity, link and controllers.');
const collect = (value: string, before: string[]): string[] => [...before, value];

program
  .command('serve', { isDefault: true })
  .description('Run the hub until it is told to stop.')
  .option('--home <directory>', 'where it keeps its data', process.env.SLIPWAY_HOME ?? '/var/lib/slipway')
  .option('--listen <address>', 'host or host:port to listen on; repeatable', collect, [] as string[])
  .option('--port <number>', 'port for addresses that name none', '7443')
  .option('--database-url <url>', 'PostgreSQL instead of the embedded database (or DATABASE_URL, which does not show in the process list)')
  .option('--packs <directory>', 'built-in packs and profiles', join(ROOT, 'packs'))
  .option('--log-level <level>', 'debug, info, warn or error', process.env.SLIPWAY_LOG_LEVEL ?? 'info')
  .action(async (options: { home: string; listen: string[]; port: string; databaseUrl?: string; packs: string; logLevel: string }) => {
    const logger = createLogger(options.logLevel);
    const listen = (options.listen.length === 0 ? ['127.0.0.1'] : options.listen).map((text) => parseListen(text, Number(options.port)));
    process.on('unhandledRejection', (error) => {
      // A bug, but not a reason to take everybody's API down.
      logger.error({ err: error }, 'a promise was rejected and nobody listened');
    });
    const hub = await startHub({
      home: options.home,
      listen,
      databaseUrl: options.databaseUrl ?? process.env.DATABASE_URL,
      logger,
      packsDir: options.packs,
      version: await productVersion(),
      outbound: outboundSettings(process.env),
      trustedProxies: trustedProxies(process.env.SLIPWAY_TRUSTED_PROXIES),
      publicUrl: publicUrlSetting(process.env.SLIPWAY_PUBLIC_URL),
      registryFolders: allowedFolders(process.env.SLIPWAY_REGISTRY_FOLDERS),
      registryProgram: process.env.SLIPWAY_REGISTRY_PROGRAM,
      helmProgram: process.env.SLIPWAY_HELM,
      consoleDir: process.env.SLIPWAY_CONSOLE,
    });
    const stop = () => {
      hub.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });

for (const [name, alwaysReset] of [
  ['bootstrap-admin', false],
  ['admin-token', true],
] as const) {
  program
    .command(name)
    .description(
      alwaysReset
        ? 'Make a new token for the first admin, ending the ones before, and print it as JSON.'
        : 'Make the first admin and print its token as JSON, once; exit code 5 when it is there already.',
    )
    .option('--home <directory>', 'where the hub keeps its data', process.env.SLIPWAY_HOME ?? '/var/lib/slipway')
    .option('--database-url <url>', 'PostgreSQL instead of the embedded database (or DATABASE_URL)')
    .option('--reset', 'end the tokens before and make a new one', alwaysReset)
    .action(async (options: { home: string; databaseUrl?: string; reset: boolean }) => {
      const answer = await adminToken(options);
      if ('exists' in answer) {
        process.stderr.write('The admin was made before; its token was shown then. Make a new one with --reset.\n');
        process.exit(EXISTS);
      }
      process.stdout.write(`${JSON.stringify({ name: answer.name, token: answer.token })}\n`);
    });
}

program
  .command('keys')
  .description('Keys of the running hub, over its local socket: list, rotate, rewrap, retire <id>.')
  .argument('<action>')
  .argument('[id]')
  .option('--home <directory>', 'where the hub keeps its data', process.env.SLIPWAY_HOME ?? '/var/lib/slipway')
  .action(async (action: string, id: string | undefined, options: { home: string }) => {
    const { socket } = await openHome(options.home);
    const answer = await askSocket<object>(
      socket,
      `/keys/${encodeURIComponent(action)}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`,
      { timeoutMs: 3_600_000 },
    );
    if (answer === undefined)
      throw new SlipwayError('Host', 'No hub runs with this home.', { hint: 'Start it first: keys are changed while it serves.' });
    process.stdout.write(`${keysText(answer)}\n`);
  });

program
  .command('set-password')
  .description('Set the password of a user, read from standard input, over the local socket of the running hub.')
  .argument('<user>')
  .option('--tenant <name>', 'the tenant the user is of', DEFAULT_TENANT)
  .option('--home <directory>', 'where the hub keeps its data', process.env.SLIPWAY_HOME ?? '/var/lib/slipway')
  .action(async (user: string, options: { tenant: string; home: string }) => {
    const { socket } = await openHome(options.home);
    const password = (await text(process.stdin)).replace(/\r?\n$/, '');
    const answer = await askSocket<{ done: string }>(socket, '/set-password', { body: { tenant: options.tenant, user, password } });
    if (answer === undefined)
      throw new SlipwayError('Host', 'No hub runs with this home.', { hint: 'Start it first: the password is set while it serves.' });
    process.stdout.write(`${answer.done}\n`);
  });

/** Over the socket of a running hub, or with the database opened here. */
async function adminToken(options: { home: string; databaseUrl?: string; reset: boolean }) {
  const home = await openHome(options.home);
  const asked = await askAdminSocket(home.socket, options.reset);
  if (asked !== undefined) return asked;
  await ensurePki(home.pki, []);
  const database = await openDatabase(home, { databaseUrl: options.databaseUrl ?? process.env.DATABASE_URL, logger: silentLogger });
  try {
    return await bootstrapAdmin(createIdentity({ database, store: createStore({ database }) }), options.reset);
  } finally {
    await database.close();
  }
}

async function productVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

try {
  await program.parseAsync();
} catch (error) {
  const hint = error instanceof SlipwayError && error.hint !== undefined ? ` ${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exit(error instanceof SlipwayError && error.code === 'Host' ? HOST : 1);
}
