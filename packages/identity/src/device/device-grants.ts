import { type Clock, randomSecret, SlipwayError } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import type { RecordWithin } from '../passwords/passwords.ts';
import { timestamptz } from '../sql-time.ts';
import { hashHex } from '../secret-hash.ts';
import type { SessionClaim, SessionUser } from '../sessions/sessions.ts';
import { newUserCode } from './user-code.ts';

const LIFETIME_SECONDS = 600;
const INTERVAL_SECONDS = 2;
/** What RFC 8628 §3.5 adds for who asks too often. */
const SLOWER_SECONDS = 5;
/** Programs that wait at one time: a flood must neither fill the database nor make codes easy to guess. */
const MOST_WAITING = 5000;
const MOST_FROM_ADDRESS = 100;
/** Wrong codes that one session may type. */
const MOST_WRONG = 10;

export interface DeviceRequest {
  readonly tenant?: string | undefined;
  readonly provider?: string | undefined;
  /** What the program says of itself. */
  readonly client: string;
  readonly address: string | undefined;
}

export interface DeviceCodes {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly expiresInSeconds: number;
  readonly intervalSeconds: number;
}

/** What the page shows of a program that waits. */
export interface WaitingDevice extends DeviceRequest {
  readonly createdAt: number;
}

/** Who approved, and what vouched for them then. */
export interface Approval {
  readonly user: SessionUser;
  readonly provider: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

/** RFC 8628 §3.5, or what was approved. */
export type PollAnswer =
  | { readonly error: 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant' }
  | { readonly approval: Approval; readonly device: WaitingDevice };

interface Row {
  readonly tenant: string | null;
  readonly provider: string | null;
  readonly client: string;
  readonly address: string | null;
  readonly created_at: Date | string;
  readonly expires_at: Date | string;
  readonly state: 'pending' | 'approved' | 'denied';
  readonly polled_at: Date | string | null;
  readonly interval_seconds: number;
  readonly user_tenant: string;
  readonly user_name: string;
  readonly user_uid: string;
  readonly via_provider: string | null;
  readonly via_details: Record<string, unknown> | null;
}

/** Programs without a browser that wait for a person to approve them in one (RFC 8628). */
export function createDeviceGrants({ database, clock }: { database: Database; clock: Clock }) {
  const { db } = database;
  const wrong = new Map<string, number>();

  /** One that waits, by the code a person typed; guessing is ended by the session, not by the address, which many may share. */
  const waiting = async (userCode: string, session: SessionClaim): Promise<WaitingDevice> => {
    const guesses = wrong.get(session.id) ?? 0;
    if (guesses >= MOST_WRONG)
      throw new SlipwayError('TooManyRequests', 'Too many wrong codes were typed.', {
        hint: 'Sign out and in again.',
        retryAfter: LIFETIME_SECONDS,
      });
    const { rows } = await sql<Row>`select * from device_grants
      where user_hash = ${hashHex(userCode)} and state = 'pending' and expires_at > ${timestamptz(clock.now())}`.execute(db);
    const [row] = rows;
    if (row === undefined || (row.tenant !== null && row.tenant !== session.user.tenant)) {
      if (wrong.size >= 10_000) wrong.clear();
      wrong.set(session.id, guesses + 1);
      throw new SlipwayError('NotFound', 'No program waits with this code.', {
        hint: 'Codes work for ten minutes and once: ask for a new one with "slipway login".',
      });
    }
    return deviceOf(row);
  };

  return {
    waiting,
    async start(request: DeviceRequest): Promise<DeviceCodes> {
      await sql`delete from device_grants where expires_at < ${timestamptz(clock.now() - LIFETIME_SECONDS * 1000)}`.execute(db);
      const { rows } = await sql<{ all: string | number; here: string | number }>`
        select count(*) as all, count(*) filter (where address is not distinct from ${request.address ?? null}::text) as here
        from device_grants where expires_at > ${timestamptz(clock.now())}`.execute(db);
      if (Number(rows[0]?.all) >= MOST_WAITING || Number(rows[0]?.here) >= MOST_FROM_ADDRESS)
        throw new SlipwayError('TooManyRequests', 'Too many programs wait to be signed in.', {
          hint: 'Try again in some minutes.',
          retryAfter: 60,
        });
      const deviceCode = randomSecret(32);
      const userCode = newUserCode();
      await sql`insert into device_grants (device_hash, user_hash, tenant, provider, client, address, created_at, expires_at, interval_seconds)
        values (${hashHex(deviceCode)}, ${hashHex(userCode)}, ${request.tenant ?? null}, ${request.provider ?? null}, ${request.client.slice(0, 256)},
          ${request.address ?? null}, ${timestamptz(clock.now())}, ${timestamptz(clock.now() + LIFETIME_SECONDS * 1000)}, ${INTERVAL_SECONDS})`.execute(
        db,
      );
      return { deviceCode, userCode, expiresInSeconds: LIFETIME_SECONDS, intervalSeconds: INTERVAL_SECONDS };
    },
    /** A person's decision; it counts once. */
    async decide(userCode: string, session: SessionClaim, approve: boolean, record?: RecordWithin): Promise<WaitingDevice> {
      const device = await waiting(userCode, session);
      const { tenant, name, uid } = session.user;
      await db.transaction().execute(async (trx) => {
        const { rows } =
          await sql`update device_grants set state = ${approve ? 'approved' : 'denied'}, user_tenant = ${tenant}, user_name = ${name},
            user_uid = ${uid}, via_provider = ${session.provider ?? null}, via_details = ${JSON.stringify(session.details ?? {})}::jsonb
          where user_hash = ${hashHex(userCode)} and state = 'pending' returning 1`.execute(trx);
        if (rows.length === 0) throw new SlipwayError('Conflict', 'This was decided already.');
        await record?.(session.user, trx);
      });
      return device;
    },
    /** What a waiting program is told; an approval is given once. */
    async poll(deviceCode: string): Promise<PollAnswer> {
      const hash = hashHex(deviceCode);
      // One statement, so that two questions at the same moment are two questions.
      const { rows } = await sql<Row>`update device_grants d set polled_at = ${timestamptz(clock.now())},
          interval_seconds = d.interval_seconds + case when before.early then ${SLOWER_SECONDS}::integer else 0 end
        from (select device_hash, polled_at is not null and polled_at + make_interval(secs => interval_seconds) > ${timestamptz(clock.now())} as early
          from device_grants where device_hash = ${hash} for update) before
        where d.device_hash = before.device_hash
        returning d.*, before.early`.execute(db);
      const row = rows[0] as (Row & { early: boolean }) | undefined;
      if (row === undefined) return { error: 'invalid_grant' };
      if (new Date(row.expires_at).getTime() <= clock.now()) return { error: 'expired_token' };
      if (row.state === 'denied') return { error: 'access_denied' };
      if (row.early) return { error: 'slow_down' };
      if (row.state === 'pending') return { error: 'authorization_pending' };
      const taken = await sql`delete from device_grants where device_hash = ${hash} and state = 'approved' returning 1`.execute(db);
      if (taken.rows.length === 0) return { error: 'invalid_grant' };
      const user = { tenant: row.user_tenant, name: row.user_name, uid: row.user_uid };
      return { approval: { user, provider: row.via_provider ?? undefined, details: row.via_details ?? {} }, device: deviceOf(row) };
    },
  };
}
export type DeviceGrants = ReturnType<typeof createDeviceGrants>;

const deviceOf = (row: Row): WaitingDevice => ({
  tenant: row.tenant ?? undefined,
  provider: row.provider ?? undefined,
  client: row.client,
  address: row.address ?? undefined,
  createdAt: new Date(row.created_at).getTime(),
});
