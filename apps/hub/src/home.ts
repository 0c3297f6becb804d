import { mkdir, mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { startTicks, createCa, issueCertificate, type KeyPairPem, SlipwayError } from '@slipway/kit';

/** Where a hub keeps its things below `<home>`. */
export interface HubHome {
  readonly database: string;
  readonly pki: string;
  readonly planKey: string;
  readonly encryptionKeys: string;
  readonly auditKey: string;
  readonly auditHeads: string;
  /** Where sinks of type `file` write. */
  readonly auditFiles: string;
  readonly blobs: string;
  readonly pins: string;
  /** For what is made and removed again. */
  readonly work: string;
  /** Of the registry that comes with the hub. */
  readonly registry: string;
  readonly registrySocket: string;
  /** Where the toolchain lays its program. */
  readonly registryProgram: string;
  /** Helm, for plans that show manifests; laid here by whoever installs the hub. */
  readonly helmProgram: string;
  /** A build of the console; laid here by whoever installs the hub. */
  readonly console: string;
  readonly socket: string;
  readonly lock: string;
}

export async function openHome(home: string): Promise<HubHome> {
  const hub = join(home, 'hub');
  try {
    for (const directory of [hub, join(hub, 'pki'), join(hub, 'keys'), join(home, 'run')])
      await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SlipwayError('Host', `The hub's directory ${hub} cannot be made: ${(error as Error).message}.`, {
      cause: error,
      hint: 'Choose another with --home, or run as a user who may write there.',
    });
  }
  return {
    database: join(hub, 'db'),
    pki: join(hub, 'pki'),
    planKey: join(hub, 'keys', 'plan-signing.pem'),
    encryptionKeys: join(hub, 'keys', 'encryption.json'),
    auditKey: join(hub, 'keys', 'audit-signing.pem'),
    auditHeads: join(hub, 'audit-heads.json'),
    auditFiles: join(hub, 'audit'),
    blobs: join(hub, 'blobs'),
    pins: join(hub, 'pins'),
    work: join(hub, 'work'),
    registry: join(hub, 'registry'),
    registrySocket: join(home, 'run', 'registry.sock'),
    registryProgram: join(home, 'bin', 'registry'),
    helmProgram: join(home, 'bin', 'helm'),
    console: join(home, 'console'),
    socket: join(home, 'run', 'hub.sock'),
    lock: join(hub, 'lock'),
  };
}

const readPem = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** The hub's own authority, made once, and a server certificate for every address it answers on. Agents pin the authority. */
export async function ensurePki(directory: string, addresses: readonly string[]): Promise<{ ca: string; server: KeyPairPem }> {
  const { cert, key } = (await readAuthority(directory)) ?? (await makeAuthority(directory));
  // A new server certificate at every start: it costs a millisecond and always fits the addresses.
  const ips = [...new Set(['127.0.0.1', '::1', ...addresses, ...ownAddresses()])];
  const server = await issueCertificate(
    { cert, key },
    { commonName: 'slipway-hub', organization: 'slipway', dnsNames: ['slipway-hub', 'localhost'], ipAddresses: ips, usage: 'server' },
  );
  return { ca: cert, server };
}

async function readAuthority(directory: string): Promise<KeyPairPem | undefined> {
  const [cert, key] = await Promise.all([readPem(join(directory, 'ca.crt')), readPem(join(directory, 'ca.key'))]);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** The whole directory comes at once, so that of a hub and a command that start together one makes the authority and both use it. */
async function makeAuthority(directory: string): Promise<KeyPairPem> {
  const aside = await mkdtemp(`${directory}-`);
  const { cert, key } = await createCa('slipway-hub-ca', { organization: 'slipway' });
  await writeFile(join(aside, 'ca.key'), key, { mode: 0o600 });
  await writeFile(join(aside, 'ca.crt'), cert, { mode: 0o600 });
  await rename(aside, directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(aside, { recursive: true, force: true });
  const made = await readAuthority(directory);
  if (made !== undefined) return made;
  throw new SlipwayError('Host', `${directory} holds only a part of the hub's authority.`, {
    hint: 'Restore ca.crt and ca.key from a backup; or remove both, and every agent and client must be given the new authority.',
  });
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address),
  );

/** Keeps a second hub (or a command) away from the embedded database, which only one process may open. */
export async function lockHome(home: HubHome): Promise<{ release(): Promise<void> }> {
  const mine = `${process.pid} ${(await startTicks(process.pid)) ?? ''}`;
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await writeFile(home.lock, mine, { flag: 'wx', mode: 0o600 });
      return { release: () => unlink(home.lock).catch(() => undefined) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = (await readPem(home.lock)) ?? '';
    const [pid, started] = holder.split(' ');
    const running = pid === undefined ? undefined : await startTicks(Number(pid));
    if (running !== undefined && running === started) {
      throw new SlipwayError('Host', `A hub with this home is running already (process ${pid}).`, {
        hint: 'Stop it first, or choose another home with --home.',
      });
    }
    // Whoever moves the stale file away first wins; the others see the new one.
    const stale = `${home.lock}.${process.pid}`;
    await rename(home.lock, stale)
      .then(() => unlink(stale))
      .catch(() => undefined);
  }
  throw new SlipwayError('Host', `The lock ${home.lock} could not be taken.`);
}
