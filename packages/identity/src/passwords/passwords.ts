import { type Clock, SlipwayError } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { type Kysely, sql } from 'kysely';
import type { Sessions, SessionUser, SignInSource } from '../sessions/sessions.ts';
import { timestamptz } from '../sql-time.ts';
import type { Attempt, Attempts, ChargedAttempt } from './attempts.ts';
import type { PasswordHasher } from './hashing.ts';
import { MAX_PASSWORD_LENGTH, refuseWeakPassword } from './strength.ts';

export interface Credentials {
  readonly tenant: string;
  readonly name: string;
  readonly password: string;
}

/** Joins the record of a change of somebody's account to its transaction. */
export type RecordWithin = (user: Omit<SessionUser, 'uid'>, on: Kysely<unknown>) => Promise<void>;

export interface PasswordDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly attempts: Attempts;
  readonly sessions: Sessions;
  readonly minLength: (tenant: string) => Promise<number>;
}

export interface SetOptions {
  /** This session goes on. */
  readonly keep?: string | undefined;
  /** The link with which it is done. */
  readonly link?: string;
  readonly record?: RecordWithin | undefined;
}

/** Whatever was wrong: user, password, or both. */
export const wrongPassword = (charged: ChargedAttempt): SlipwayError =>
  new SlipwayError('Unauthorized', 'The user name or the password is wrong.', {
    detail: charged.wait === 0 ? `failure ${charged.failures}` : `failure ${charged.failures}: locked for ${charged.wait} s`,
    ...(charged.wait === 0 ? {} : { retryAfter: charged.wait }),
    hint: 'Who has forgotten the password asks an admin for a new link.',
  });

/** Passwords of local accounts: argon2id in SQL, checked behind the lockout, in the same time and with the same answer whether there is such an account or not. */
export function createPasswords(deps: PasswordDeps) {
  const { clock, hasher, attempts, sessions } = deps;
  const { db } = deps.database;
  const now = () => timestamptz(clock.now());
  const stored = async ({ tenant, name }: Omit<Credentials, 'password'>) => {
    const { rows } = await sql<{ user_uid: string; hash: string }>`
      select user_uid, hash from passwords where tenant = ${tenant} and user_name = ${name}`.execute(db);
    return rows[0];
  };
  const write = ({ tenant, name, uid }: SessionUser, hash: string, on: typeof db) =>
    sql`
    insert into passwords (tenant, user_name, user_uid, hash, changed_at) values (${tenant}, ${name}, ${uid}, ${hash}, ${now()})
    on conflict (tenant, user_name) do update set user_uid = excluded.user_uid, hash = excluded.hash, changed_at = excluded.changed_at`.execute(
      on,
    );

  return {
    /** The uid of the user whose password it is. Whether the user may still sign in is not asked here; `done` is called when everything fits. */
    async verify(credentials: Credentials, from: SignInSource): Promise<{ uid: string; done: () => Promise<void>; wrong: SlipwayError }> {
      const { tenant, name, password } = credentials;
      const address = from.address ?? '';
      const attempt: Attempt = { tenant, name, address, familiar: await sessions.knownFrom({ tenant, name }, address) };
      const charged = await attempts.charge(attempt);
      const wrong = wrongPassword(charged);
      if (password.length > 4 * MAX_PASSWORD_LENGTH) throw wrong;
      const found = await stored(credentials);
      const { ok, outdated } = await hasher.verify(found?.hash, password);
      if (!ok || found === undefined) throw wrong;
      const done = async (): Promise<void> => {
        await attempts.succeeded(attempt);
        if (outdated) {
          const hash = await hasher.hash(password);
          await sql`update passwords set hash = ${hash} where tenant = ${tenant} and user_name = ${name} and hash = ${found.hash}`.execute(
            db,
          );
        }
      };
      return { uid: found.user_uid, done, wrong };
    },
    /**
     * Sets a password that is good enough, ends the user's sessions (but `keep`) and links in the same transaction. With `link` only if that link is still good then.
     */
    async set(user: SessionUser, password: string, options: SetOptions = {}): Promise<void> {
      const { tenant, name } = user;
      await refuseWeakPassword(password, { minLength: await deps.minLength(tenant), user: name, tenant });
      const hash = await hasher.hash(password);
      await db.transaction().execute(async (trx) => {
        const one = options.link === undefined ? sql`` : sql`and id = ${options.link} and expires_at > ${now()}`;
        const used = await sql`delete from invitations where tenant = ${tenant} and user_name = ${name} ${one} returning id`.execute(trx);
        if (options.link !== undefined && used.rows.length === 0) throw notValid();
        await write(user, hash, trx);
        await sessions.revoke({ tenant, name, except: options.keep }, trx);
        await options.record?.(user, trx);
      });
      await attempts.forgive(user);
    },
    /** Forgets the passwords of users that are gone. */
    async prune(): Promise<void> {
      await sql`delete from passwords p where not exists (
        select 1 from objects o where o.tenant = p.tenant and o.kind = 'User' and o.name = p.user_name and o.uid = p.user_uid)`.execute(db);
    },
  };
}

/** The same words for a link that never was, was used, has expired, or was replaced. */
export const notValid = (): SlipwayError =>
  new SlipwayError('NotFound', 'This link is not valid: it was used, has expired, or a newer one took its place.', {
    hint: 'Ask an admin for a new one.',
  });
