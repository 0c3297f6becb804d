import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, randomSuffix } from '@slipway/kit';
import { DEFAULT_TENANT } from '@slipway/model';
import { migrate, openEmbedded } from '@slipway/store';
import { type Hub, startHub } from '../hub.ts';
import { createChance } from './chance.ts';
import { seedDatabase } from './seed.ts';
import { createStandIn } from './stand-in.ts';
import { weather } from './weather.ts';

export interface DemoOptions {
  readonly clusters: number;
  readonly seed: number;
  readonly port: number;
  /** Between two changes that nobody asked for; 0: none. */
  readonly weatherMs: number;
  readonly packsDir: string;
  readonly consoleDir?: string | undefined;
  readonly version: string;
  readonly logger: Logger;
  readonly onProgress?: (text: string) => void;
}

export interface Demo {
  readonly hub: Hub;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Of its admin, for clients. */
  readonly token: string;
  readonly clusters: number;
  readonly objects: number;
  stop(): Promise<void>;
}

/**
 * The hub's own program over a database in memory that holds a made-up fleet: for looking around, and for measuring the console. On loopback only; nothing of it is left behind.
 *
 * @example await startDemo({ clusters: 5000, seed: 1, port: 0, weatherMs: 1500, packsDir, version, logger });
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { logger, onProgress = () => undefined, clusters, seed } = options;
  const now = Date.now();
  onProgress('database in memory');
  const database = await openEmbedded();
  await migrate(database, { logger });
  const seeded = await seedDatabase(database, { clusters, seed, packsDir: options.packsDir, now, onProgress });
  const home = await mkdtemp(join(tmpdir(), 'slipway-demo-'));
  const chance = createChance(seed + 1);
  const hub = await startHub({
    home,
    database,
    listen: [{ host: '127.0.0.1', port: options.port }],
    logger,
    packsDir: options.packsDir,
    version: options.version,
    consoleDir: options.consoleDir,
    standIn: async (store, signal) => {
      const standIn = createStandIn({ store, situations: seeded.situations, begun: now });
      await weather({ store, standIn, chance, logger, everyMs: options.weatherMs }, signal);
    },
  });
  const { token, name: user } = await hub.identity.resetAdmin();
  // Known to whoever started it and to nobody else: it is a real hub, and others may use this machine.
  const password = `look-around-${randomSuffix(8)}`;
  await hub.identity.accounts.setPassword({ tenant: DEFAULT_TENANT, name: user }, password);
  const url = `https://127.0.0.1:${hub.addresses[0]?.port ?? options.port}`;
  return {
    hub,
    url,
    user,
    password,
    token,
    clusters,
    objects: seeded.objects,
    async stop() {
      await hub.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
