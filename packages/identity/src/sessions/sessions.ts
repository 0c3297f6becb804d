import { randomBytes } from 'node:crypto';
import { type Clock, randomSecret } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { createProvenCache, createUseNotes, hashHex, isSecretOf } from '../secret-hash.ts';
import { timestamptz } from '../sql-time.ts';

const PREFIX = 'sws_';
const ID_LENGTH = 16;
const TOKEN = /^sws_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/;
/** A user's newest sessions; beyond them the ones unused for longest end. */
const MOST_PER_USER = 100;
/** How long the list shows where and how somebody signed in after the session ended. */
const KEPT_DAYS = 30;

/** The user a session is of: by uid, so that one made later under the same name is somebody else. */
export interface SessionUser {
  readonly tenant: string;
  readonly name: string;
  readonly uid: string;
}

/** How it was proven who it is. */
export interface SignInMethod {
  readonly method: 'password' | 'oidc' | 'saml' | 'webauthn' | 'device';
  /** The IdentityProvider that vouched. */
  readonly provider?: string | undefined;
  /** What the method wants to find again (the provider's `sub` and `sid`, …). Never secrets: it is stored as it is. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Where from. */
export interface SignInSource {
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** What a session's token proves, before it is asked whether its user still counts. */
export interface SessionClaim extends SignInMethod {
  readonly id: string;
  readonly user: SessionUser;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SessionInfo extends SessionClaim, SignInSource {
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

/** A new session: the token is shown once. */
export interface NewSession extends SessionClaim {
  readonly token: string;
  readonly createdAt: number;
}

/** An IdentityProvider, as it was when it vouched. */
export interface Voucher {
  readonly tenant: string;
  readonly provider: string;
  readonly providerUid: string | null;
  readonly issuer: string | null;
}

/** What a provider vouched for: everything of a person, or a session. */
export interface VouchedFor {
  readonly tenant: string;
  readonly provider: string;
  readonly providerUid: string;
  readonly subject: string | undefined;
  /** The provider's own id of a session. */
  readonly sid: string | undefined;
}

export interface SessionTimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** Which sessions to end; one is ended as a user's own, so that nobody ends another's by its id. */
export type SessionFilter =
  | { readonly tenant: string; readonly name: string; readonly id?: string; readonly except?: string | undefined }
  | { readonly tenant: string; readonly provider: string };

interface SessionRow {
  readonly id: string;
  readonly tenant: string;
  readonly user_name: string;
  readonly user_uid: string;
  readonly hash: Uint8Array;
  readonly method: SignInMethod['method'];
  readonly provider: string | null;
  readonly details: Record<string, unknown>;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly created_at: Date | string;
  readonly last_used_at: Date | string;
  readonly idle_seconds: number;
  readonly expires_at: Date | string;
}

/** Whether a text looks like the token of a session. */
export const isSessionToken = (text: string): boolean => TOKEN.test(text);

/**
 * Sessions of people, in SQL, so that every replica of the hub knows them. A token is opaque and random, and only its hash is kept. A session ends when it is not used
 * for its idle time, at its absolute end, and when it is ended: at once in this process, within `cacheMs` in other replicas.
 *
 * @example
 * const { token } = await sessions.create({ user, how: { method: 'password' }, from: { address: request.ip }, times });
 * const claim = await sessions.authenticate(token); // then ask whether claim.user is still there and not disabled
 */
export function createSessions(options: { database: Database; clock: Clock; cacheMs: number }) {
  const { clock, cacheMs } = options;
  const { db } = options.database;
  const proven = createProvenCache<SessionClaim>({ clock, cacheMs });
  const notesUse = createUseNotes(clock);
  const alive = (): RawBuilder<unknown> => {
    const now = timestamptz(clock.now());
    return sql`ended_at is null and expires_at > ${now} and last_used_at + make_interval(secs => idle_seconds) > ${now}`;
  };
  const check = async (token: string): Promise<SessionClaim | undefined> => {
    const id = token.slice(PREFIX.length, PREFIX.length + ID_LENGTH);
    const { rows } = await sql<SessionRow>`select * from sessions where id = ${id} and ${alive()}`.execute(db);
    return isSecretOf(rows[0]?.hash, token) ? claimOf(rows[0] as SessionRow) : undefined;
  };

  return {
    /** Always a new id and token: what a browser brought along before signing in is worth nothing after it. */
    async create({ user, how, from, times }: SessionInput): Promise<NewSession> {
      const id = randomBytes(ID_LENGTH / 2).toString('hex');
      const token = `${PREFIX}${id}_${randomSecret(32)}`;
      const now = clock.now();
      const expiresAt = now + times.absoluteMs;
      await sql`insert into sessions
          (id, tenant, user_name, user_uid, hash, method, provider, details, address, user_agent, created_at, last_used_at, idle_seconds, expires_at)
        values (${id}, ${user.tenant}, ${user.name}, ${user.uid}, decode(${hashHex(token)}, 'hex'), ${how.method}, ${how.provider ?? null},
          ${JSON.stringify(how.details ?? {})}::jsonb, ${from.address ?? null}, ${from.userAgent?.slice(0, 256) ?? null}, ${timestamptz(now)}, ${timestamptz(now)},
          ${Math.floor(times.idleMs / 1000)}, ${timestamptz(expiresAt)})`.execute(db);
      const { rows } = await sql<{ id: string }>`update sessions set ended_at = ${timestamptz(now)} where id in (
          select id from sessions where tenant = ${user.tenant} and user_name = ${user.name} and ${alive()}
          order by last_used_at desc, created_at desc offset ${MOST_PER_USER}) returning id`.execute(db);
      forget(rows);
      return { ...how, id, token, user, createdAt: now, expiresAt };
    },
    /** Who a token proves somebody to be; undefined when it does not, or no longer. */
    async authenticate(token: string): Promise<SessionClaim | undefined> {
      if (!isSessionToken(token)) return undefined;
      const claim = await proven.get(token, check);
      return claim === undefined || claim.expiresAt <= clock.now() ? undefined : claim;
    },
    /** Whether a session that was believed before still stands: asks the database. */
    async stands(id: string): Promise<boolean> {
      const { rows } = await sql`select 1 from sessions where id = ${id} and ${alive()}`.execute(db);
      return rows.length > 0;
    },
    /** Notes a use, once a minute at most, which puts off the end by idleness. */
    async touch(id: string): Promise<void> {
      if (notesUse(id))
        await sql`update sessions set last_used_at = ${timestamptz(clock.now())} where id = ${id} and ${alive()}`.execute(db);
    },
    /** Ends sessions and gives their ids; ending what has ended is no error. `on` joins it to a transaction. */
    async revoke(filter: SessionFilter, on: Kysely<unknown> = db): Promise<string[]> {
      const rows = await endedBy(filter, on);
      forget(rows);
      return rows.map(({ id }) => id);
    },
    /** The same with what is to be true together with it: a record, without which nothing ends. */
    async end(filter: SessionFilter, together: (on: Kysely<unknown>) => Promise<void>): Promise<string[]> {
      const ended = await db.transaction().execute(async (trx) => {
        const rows = await endedBy(filter, trx);
        await together(trx);
        return rows;
      });
      forget(ended);
      return ended.map(({ id }) => id);
    },
    /** Ends the sessions for which a provider vouched for a person, or one of them by the provider's own id; `together` is told whose they were, in the same transaction. */
    async endOfPerson(
      { tenant, provider, providerUid, subject, sid }: VouchedFor,
      together: (users: readonly string[], on: Kysely<unknown>) => Promise<void>,
    ): Promise<string[]> {
      const is = (key: string, value: string | undefined) => (value === undefined ? sql`` : sql`and details ->> ${key} = ${value}`);
      const ended = await db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ id: string; user_name: string }>`
          update sessions set ended_at = ${timestamptz(clock.now())} where tenant = ${tenant} and provider = ${provider} and ended_at is null
            and details ->> 'providerUid' = ${providerUid} ${is('subject', subject)} ${is('sid', sid)} returning id, user_name`.execute(
          trx,
        );
        await together([...new Set(rows.map(({ user_name: name }) => name))], trx);
        return rows;
      });
      forget(ended);
      return ended.map(({ id }) => id);
    },
    /** Providers that vouched for sessions which stand, as they were then; of every tenant without one. */
    async vouchers(tenant?: string): Promise<Voucher[]> {
      const { rows } = await sql<Voucher>`
        select distinct tenant, provider, details ->> 'providerUid' as "providerUid", details ->> 'issuer' as issuer from sessions
        where ${tenant === undefined ? sql`true` : sql`tenant = ${tenant}`} and provider is not null and ${alive()}`.execute(db);
      return rows;
    },
    /** Ends sessions of users that are gone or disabled; of one tenant, or of all. */
    async revokeOfGoneUsers(tenant?: string): Promise<string[]> {
      const { rows } = await sql<{ id: string }>`
        update sessions s set ended_at = ${timestamptz(clock.now())} where ended_at is null ${tenant === undefined ? sql`` : sql`and s.tenant = ${tenant}`}
          and not exists (select 1 from objects o where o.tenant = s.tenant and o.kind = 'User' and o.name = s.user_name and o.uid = s.user_uid
            and o.deletion_timestamp is null and coalesce(o.spec ->> 'disabled', 'false') = 'false') returning id`.execute(db);
      forget(rows);
      return rows.map(({ id }) => id);
    },
    /** A user's sessions that stand, the last used first. */
    async list({ tenant, name, uid }: SessionUser): Promise<SessionInfo[]> {
      const { rows } =
        await sql<SessionRow>`select * from sessions where tenant = ${tenant} and user_name = ${name} and user_uid = ${uid} and ${alive()}
        order by last_used_at desc, created_at desc`.execute(db);
      return rows.map(infoOf);
    },
    /** Whether the user signed in from this address lately, as far as sessions are remembered. */
    async knownFrom({ tenant, name }: Omit<SessionUser, 'uid'>, address: string): Promise<boolean> {
      const { rows } =
        await sql`select 1 from sessions where tenant = ${tenant} and user_name = ${name} and address = ${address} limit 1`.execute(db);
      return rows.length > 0;
    },
    /** Forgets sessions that ended long ago. */
    async prune(): Promise<void> {
      const before = timestamptz(clock.now() - KEPT_DAYS * 86_400_000);
      await sql`delete from sessions where expires_at < ${before} or ended_at < ${before}`.execute(db);
    },
  };

  async function endedBy(filter: SessionFilter, on: Kysely<unknown>): Promise<{ id: string }[]> {
    const { rows } = await sql<{ id: string }>`
      update sessions set ended_at = ${timestamptz(clock.now())} where ${where(filter)} and ended_at is null returning id`.execute(on);
    return rows;
  }
  function forget(rows: readonly { readonly id: string }[]): void {
    const ended = new Set(rows.map(({ id }) => id));
    if (ended.size > 0) proven.forget(({ id }) => ended.has(id));
  }
}
export type Sessions = ReturnType<typeof createSessions>;

export interface SessionInput {
  readonly user: SessionUser;
  readonly how: SignInMethod;
  readonly from: SignInSource;
  readonly times: SessionTimes;
}

function where(filter: SessionFilter): RawBuilder<unknown> {
  if ('provider' in filter) return sql`tenant = ${filter.tenant} and provider = ${filter.provider}`;
  const { tenant, name, id, except } = filter;
  const one = id === undefined ? sql`` : sql`and id = ${id}`;
  const others = except === undefined ? sql`` : sql`and id <> ${except}`;
  return sql`tenant = ${tenant} and user_name = ${name} ${one} ${others}`;
}

const claimOf = (row: SessionRow): SessionClaim => ({
  id: row.id,
  user: { tenant: row.tenant, name: row.user_name, uid: row.user_uid },
  method: row.method,
  ...(row.provider === null ? {} : { provider: row.provider }),
  details: row.details,
  expiresAt: new Date(row.expires_at).getTime(),
});

const infoOf = (row: SessionRow): SessionInfo => ({
  ...claimOf(row),
  ...(row.address === null ? {} : { address: row.address }),
  ...(row.user_agent === null ? {} : { userAgent: row.user_agent }),
  createdAt: new Date(row.created_at).getTime(),
  lastUsedAt: new Date(row.last_used_at).getTime(),
});
