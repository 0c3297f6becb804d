import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { purposeOf, type Purpose, outageOf } from './postgres-outage.ts';

/** Texts that a process prepares; what comes after is sent as it is. Texts made of what callers select by are without number, those of writes are few and come first. */
const MOST = 200;
const LONGEST = 20_000;
/** feature_not_supported: "cached plan must not change result type". */
const CHANGED = '0A000';

/**
 * Statements with parameters are prepared once per connection, by a name that is made of their text: the server plans a write, which is several statements in one, in about the
 * time it takes to run it. Needs a connection of its own: not a pooler that hands out another one for each transaction without keeping prepared statements.
 */
export function preparing(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();
  let off = false;
  const nameOf = (text: string): string | undefined => {
    const known = off ? undefined : names.get(text);
    if (known !== undefined || off || names.size >= MOST || text.length > LONGEST) return known;
    const name = `slipway_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
    return name;
  };
  const ask = async (client: pg.PoolClient, text: string, values: unknown[]) => {
    const name = values.length === 0 ? undefined : nameOf(text);
    if (name === undefined) return client.query(text, values);
    try {
      return await client.query({ name, text, values });
    } catch (error) {
      if ((error as { code?: string }).code !== CHANGED) throw error;
      // A newer Slipway gave a table another column: plans of before do not fit any more.
      off = true;
      return client.query(text, values);
    }
  };
  const explained = <T>(purpose: Purpose, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw outageOf(error, purpose) ?? error;
    });
  return {
    async connect() {
      const client = await explained('connection', pool.connect());
      const query = (text: string, values: readonly unknown[] = []) => explained(purposeOf(text), ask(client, text, [...values]));
      // Cursors, the other form of `query`, are not used here.
      return { query, release: () => client.release() } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}
