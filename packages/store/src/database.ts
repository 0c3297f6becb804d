import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { backoff, type Logger, messageOf, silentLogger, sleep, SlipwayError } from '@slipway/kit';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { preparing } from './prepared.ts';
import { createKnownRows, type KnownRows } from './known-rows.ts';
import { keepUpAlways } from './embedded-upkeep.ts';
import { pgliteDialect } from './pglite-dialect.ts';
import { reasonOf } from './postgres-outage.ts';

/**
 * The one SQL database of a hub. Tables have no types of their own here: narrow them where they are used, with `database.db.withTables<{ … }>()`.
 * Never hold a transaction across a network call: the embedded database has one connection.
 */
export interface Database {
  readonly engine: 'pglite' | 'postgres';
  readonly db: Kysely<unknown>;
  /** Only where this process is the only one that writes: what it wrote last is what is there. Shared by every store on the database. */
  readonly known?: KnownRows;
  /**
   * Calls back for every NOTIFY on `channel` with its payload, and once without after each (re)connection, because notifications sent in between are lost.
   * Returns when listening has begun; goes on until the signal aborts.
   */
  listen(channel: string, onNotify: (payload?: string) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Directory of the embedded database; in memory when absent. */
  readonly dataDir?: string;
  /** A data directory dumped earlier (`dumpDataDir`): ten times faster than making a new one. Used only when `dataDir` is empty or absent. */
  readonly template?: Blob;
}

/** PostgreSQL inside this process. The caller sees to it that only one process opens a directory. */
export async function openEmbedded(options: EmbeddedOptions = {}): Promise<Database & { readonly pglite: PGlite }> {
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const exists =
    options.dataDir !== undefined &&
    (await access(join(options.dataDir, 'PG_VERSION')).then(
      () => true,
      () => false,
    ));
  const pglite = await PGlite.create({
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.template === undefined || exists ? {} : { loadDataDir: options.template }),
  });
  const db = new Kysely<unknown>({ dialect: pgliteDialect(pglite) });
  const closing = new AbortController();
  const upkeep = keepUpAlways(db, closing.signal);
  return {
    engine: 'pglite',
    pglite,
    db,
    known: createKnownRows(),
    async listen(channel, onNotify, signal) {
      if (signal.aborted) return;
      const stop = await pglite.listen(channel, onNotify);
      signal.addEventListener('abort', () => void stop().catch(() => undefined), { once: true });
      onNotify();
    },
    async close() {
      closing.abort();
      await upkeep;
      await db.destroy();
    },
  };
}

export interface PostgresOptions {
  readonly url: string;
  readonly logger?: Logger;
  /** Connections at most. */
  readonly poolSize?: number;
  /** How long a request waits for one. Default 10 s. */
  readonly connectMs?: number;
  /** PostgreSQL schema to work in, made if absent: several hubs (or tests) in one database. */
  readonly schema?: string;
}

/** PostgreSQL over the network. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const logger = options.logger ?? silentLogger;
  const settings = options.schema === undefined ? {} : { options: `-c search_path=${checkedSchema(options.schema)}` };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectMs ?? 10_000,
    ...settings,
  });
  // An idle connection that breaks is replaced at the next query; without this handler it would end the process.
  pool.on('error', (error) => logger.warn({ error: messageOf(error) }, 'a database connection broke'));
  // One that is in use says so to its query, and then to nobody, which would also end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
  try {
    if (options.schema !== undefined) await sql`create schema if not exists ${sql.id(options.schema)}`.execute(db);
    else await sql`select 1`.execute(db);
  } catch (error) {
    await db.destroy();
    throw new SlipwayError('Unavailable', `The database of DATABASE_URL does not answer: ${reasonOf(error)}`, {
      cause: error,
      hint: 'Check that PostgreSQL runs and that host, port, user and password are right.',
    });
  }
  return {
    engine: 'postgres',
    db,
    listen: (channel, onNotify, signal) => listenForever({ options, settings, logger }, channel, onNotify, signal),
    close: () => db.destroy(),
  };
}

function checkedSchema(schema: string): string {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(schema)) return schema;
  throw new SlipwayError('BadRequest', `"${schema}" is not a schema name: use lower-case letters, digits and "_".`);
}

interface ListenDeps {
  readonly options: PostgresOptions;
  readonly settings: { options?: string };
  readonly logger: Logger;
}

async function listenForever(deps: ListenDeps, channel: string, onNotify: (payload?: string) => void, signal: AbortSignal): Promise<void> {
  let failures = 0;
  const connectOnce = async (): Promise<{ ended: Promise<void> }> => {
    const client = new pg.Client({ connectionString: deps.options.url, keepAlive: true, ...deps.settings });
    const ended = new Promise<void>((resolve) => {
      client.on('end', () => resolve());
      client.on('error', () => resolve());
    });
    client.on('notification', ({ payload }) => onNotify(payload));
    await client.connect();
    await client.query(`listen "${checkedSchema(channel)}"`);
    const close = () => void client.end().catch(() => undefined);
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
    failures = 0;
    onNotify();
    return { ended: ended.finally(() => signal.removeEventListener('abort', close)) };
  };
  let connection: { ended: Promise<void> } | undefined = await connectOnce();
  const keep = async () => {
    while (!signal.aborted) {
      try {
        connection ??= await connectOnce();
        await connection.ended;
      } catch (error) {
        deps.logger.warn({ error: messageOf(error), channel }, 'listening for database notifications failed');
      }
      connection = undefined;
      await sleep(backoff(failures++, { baseMs: 100, maxMs: 10_000 }), signal).catch(() => undefined);
    }
  };
  void keep();
}
