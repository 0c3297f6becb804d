import { type Logger, messageOf, SlipwayError } from '@slipway/kit';
import { type Database, migrate, openEmbedded, openPostgres } from '@slipway/store';
import { type HubHome, lockHome } from './home.ts';

/** Opens the database of a home and brings it up to date; the embedded one is locked against other processes. */
export async function openDatabase(home: HubHome, options: { databaseUrl?: string | undefined; logger: Logger }): Promise<Database> {
  if (options.databaseUrl !== undefined && options.databaseUrl !== '') {
    const database = await openPostgres({ url: options.databaseUrl, logger: options.logger });
    await migrate(database, { logger: options.logger });
    return database;
  }
  const lock = await lockHome(home);
  try {
    const database = await openEmbedded({ dataDir: home.database });
    await migrate(database, { logger: options.logger });
    return {
      ...database,
      close: async () => {
        await database.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error instanceof SlipwayError
      ? error
      : new SlipwayError('Host', `The embedded database in ${home.database} cannot be opened: ${messageOf(error)}.`, {
          cause: error,
          hint: 'Look for a full disk, or restore the directory from a backup.',
        });
  }
}
