import { type Clock, sha256Hex, SlipwayError } from '@slipway/kit';
import { networkOf } from '@slipway/kit/network';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import { timestamptz } from '../sql-time.ts';

/** What is counted: how many failures are free, then each doubles the wait from a second up to the cap. */
interface Counter {
  readonly name: 'address' | 'account' | 'pair';
  readonly free: number;
}
const CAP_SECONDS = 15 * 60;
/** Without a failure for so long, all is forgotten. */
const MEMORY_SECONDS = 24 * 3600;
/** Always in this order, so that two attempts never wait for each other's rows. An address may be a whole office behind one router. */
const ADDRESS: Counter = { name: 'address', free: 50 };
const ACCOUNT: Counter = { name: 'account', free: 20 };
const PAIR: Counter = { name: 'pair', free: 5 };

export interface Attempt {
  readonly tenant: string;
  readonly name: string;
  readonly address: string;
  /** The user signed in from this address before: what others do from there or from elsewhere does not keep them out. */
  readonly familiar: boolean;
}

export interface ChargedAttempt {
  /** Seconds until the next attempt is looked at, if this one fails. */
  readonly wait: number;
  readonly failures: number;
}

/**
 * Slows down guessing: by account and address together, by account from everywhere, and by address for every account. Counted in the database before the password is
 * looked at, so neither a restart, nor another replica, nor a thousand attempts at once get around it, and alike for accounts that are not there. Nobody is locked out
 * for longer than a quarter of an hour, nor by attempts that were not looked at.
 */
export function createAttempts({ database, clock }: { database: Database; clock: Clock }) {
  const { db } = database;
  const now = () => timestamptz(clock.now());
  const forgotten = () => sql`f.last_at < ${now()} - make_interval(secs => ${MEMORY_SECONDS})`;
  const countersOf = ({ familiar }: Attempt): Counter[] => (familiar ? [PAIR] : [ADDRESS, ACCOUNT, PAIR]);

  return {
    /** Counts an attempt as failed before it is made; `TooManyRequests` while one of its counters waits. Taken back by `succeeded`. */
    async charge(attempt: Attempt): Promise<ChargedAttempt> {
      let wait = 0;
      let failures = 0;
      await db.transaction().execute(async (trx) => {
        for (const counter of countersOf(attempt)) {
          const key = keyOf(counter, attempt);
          const { rows } = await sql<{ failures: number; wait: string | number }>`
            insert into sign_in_failures as f (key, failures, blocked_until, last_at) values (${key}, 1, ${now()}, ${now()})
            on conflict (key) do update set last_at = ${now()},
              failures = case when ${forgotten()} then 1 else f.failures + 1 end,
              blocked_until = ${now()} + make_interval(secs => case when ${forgotten()} or f.failures < ${counter.free} then 0
                else least(${CAP_SECONDS}, power(2, least(f.failures - ${counter.free}, 20))) end)
            where f.blocked_until <= ${now()}
            returning failures, extract(epoch from blocked_until - ${now()}) as wait`.execute(trx);
          const row = rows[0];
          // What was counted for the others is rolled back: this attempt is not looked at.
          if (row === undefined) throw await tooMany(trx, key);
          wait = Math.max(wait, Math.ceil(Number(row.wait)));
          failures = Math.max(failures, row.failures);
        }
      });
      return { wait, failures };
    },
    /** Takes back what the attempt was charged, and forgets the failures from there. */
    async succeeded(attempt: Attempt): Promise<void> {
      await sql`delete from sign_in_failures where key = ${keyOf(PAIR, attempt)}`.execute(db);
      for (const counter of countersOf(attempt).filter(({ name }) => name !== 'pair')) {
        await sql`update sign_in_failures set failures = greatest(failures - 1, 0), blocked_until = ${now()} where key = ${keyOf(counter, attempt)}`.execute(
          db,
        );
      }
    },
    /** Lets an account in again from everywhere: its password was set anew. */
    async forgive(user: { readonly tenant: string; readonly name: string }): Promise<void> {
      await sql`delete from sign_in_failures where key = ${keyOf(ACCOUNT, { ...user, address: '' })}`.execute(db);
    },
    async prune(): Promise<void> {
      await sql`delete from sign_in_failures where last_at < ${now()} - make_interval(secs => ${MEMORY_SECONDS})`.execute(db);
    },
  };

  async function tooMany(trx: typeof db, key: string): Promise<SlipwayError> {
    const { rows } = await sql<{ at: Date | string }>`select blocked_until as at from sign_in_failures where key = ${key}`.execute(trx);
    const until = rows[0] === undefined ? 0 : new Date(rows[0].at).getTime();
    const seconds = Math.max(1, Math.ceil((until - clock.now()) / 1000));
    return new SlipwayError('TooManyRequests', `Signing in failed too often; the next attempt is possible in ${seconds} s.`, {
      retryAfter: seconds,
      hint: 'Who has forgotten the password asks an admin for a new link: it works at once.',
    });
  }
}
export type Attempts = ReturnType<typeof createAttempts>;

function keyOf({ name }: Counter, attempt: Pick<Attempt, 'tenant' | 'name' | 'address'>): string {
  const account = name === 'address' ? [] : [attempt.tenant, attempt.name];
  const address = name === 'account' ? [] : [networkOf(attempt.address)];
  return sha256Hex(JSON.stringify([name, ...account, ...address]));
}
