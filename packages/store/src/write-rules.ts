import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import type { ObjectRow } from './rows.ts';
import type { Guarded } from './writes.ts';

/** What has to hold in the transaction of a change; it throws when it does not. It takes the locks that it needs: they last as long as the change. */
export type Check = (db: Kysely<unknown>) => Promise<void>;

/** One change of an object that somebody asked for; `after` is undefined when the object goes at once. */
export interface AskedChange {
  readonly before: ObjectRow;
  readonly after: ObjectRow | undefined;
}

/** A rule over several objects that changes of single ones must not break, however many are made at once. */
export interface WriteRule {
  /** The check for this change, or undefined when it cannot break the rule: most changes take no lock. */
  check(change: AskedChange): Check | undefined;
}

/** The transaction in which all of this holds, or undefined when nothing is to be looked at. Always in the given order, so that two writes never wait for each other's locks. */
export function holding(database: Database, checks: readonly (Check | undefined)[]): Guarded | undefined {
  const needed = checks.filter((check) => check !== undefined);
  if (needed.length === 0) return undefined;
  return (write) =>
    database.db.transaction().execute(async (db) => {
      for (const check of needed) await check(db);
      return write(db);
    });
}

/** For what is only tried: the same checks, and no write. */
export const tried = async (within: Guarded | undefined): Promise<void> => {
  await within?.(async () => undefined);
};
