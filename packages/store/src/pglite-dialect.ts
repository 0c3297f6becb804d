import type { PGlite } from '@electric-sql/pglite';
import { SlipwayError } from '@slipway/kit';
import {
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type QueryResult,
} from 'kysely';
import { preparing } from './pglite-statements.ts';

/** Kysely over PGlite: PostgreSQL's own compiler, and a driver that queues for the one connection there is. */
export function pgliteDialect(pglite: PGlite): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => pgliteDriver(pglite),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function pgliteDriver(pglite: PGlite): Driver {
  const ask = preparing(pglite);
  const connection: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const result = await ask<R>(query.sql, query.parameters);
      return result.affectedRows === undefined
        ? { rows: result.rows }
        : { rows: result.rows, numAffectedRows: BigInt(result.affectedRows) };
    },
    // A cursor would hold the only connection between rows.
    streamQuery(): AsyncIterableIterator<QueryResult<never>> {
      throw new SlipwayError('Internal', 'Streaming is not supported on the embedded database: read in pages.');
    },
  };
  let busy = false;
  const waiting: (() => void)[] = [];
  const command = async (text: string) => {
    await pglite.query(text);
  };
  return {
    async init() {
      await pglite.waitReady;
    },
    async acquireConnection() {
      if (busy) await new Promise<void>((resolve) => waiting.push(resolve));
      busy = true;
      return connection;
    },
    async releaseConnection() {
      const next = waiting.shift();
      // The connection passes straight to the one who waited longest, so nobody can slip in between.
      if (next) next();
      else busy = false;
    },
    beginTransaction: () => command('begin'),
    commitTransaction: () => command('commit'),
    rollbackTransaction: () => command('rollback'),
    async destroy() {
      await pglite.close();
    },
  };
}
