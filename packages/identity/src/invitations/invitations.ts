import { randomBytes } from 'node:crypto';
import { type Clock, randomSecret } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import { notValid } from '../passwords/passwords.ts';
import { hashHex, isSecretOf } from '../secret-hash.ts';
import { timestamptz } from '../sql-time.ts';
import type { SessionUser } from '../sessions/sessions.ts';

const TOKEN = /^swi_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export interface NewInvitation {
  readonly id: string;
  /** For the link; shown once. */
  readonly token: string;
  readonly expiresAt: number;
}

export interface InvitationInfo {
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface InvitationRow {
  readonly tenant: string;
  readonly user_name: string;
  readonly user_uid: string;
  readonly hash: Uint8Array;
  readonly created_by: string;
  readonly created_at: Date | string;
  readonly expires_at: Date | string;
}

/** One-time links with which a user chooses a password: for the first time, or a new one. Kept as hashes; a user has one at most, the newest. */
export function createInvitations({ database, clock }: { database: Database; clock: Clock }) {
  const { db } = database;
  return {
    async create({ tenant, name, uid }: SessionUser, by: string, ttlMs: number): Promise<NewInvitation> {
      const id = randomBytes(8).toString('hex');
      const token = `swi_${id}_${randomSecret(32)}`;
      const now = clock.now();
      const expiresAt = now + ttlMs;
      await sql`insert into invitations (tenant, user_name, user_uid, id, hash, created_by, created_at, expires_at)
        values (${tenant}, ${name}, ${uid}, ${id}, decode(${hashHex(token)}, 'hex'), ${by}, ${timestamptz(now)}, ${timestamptz(expiresAt)})
        on conflict (tenant, user_name) do update set user_uid = excluded.user_uid, id = excluded.id, hash = excluded.hash,
          created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at`.execute(db);
      return { id, token, expiresAt };
    },
    /** Whose link it is, while it is good; it stays so until a password is set with it. */
    async check(token: string): Promise<{ id: string; user: SessionUser }> {
      const id = TOKEN.exec(token)?.[1];
      if (id === undefined) throw notValid();
      const { rows } =
        await sql<InvitationRow>`select * from invitations where id = ${id} and expires_at > ${timestamptz(clock.now())}`.execute(db);
      const row = rows[0];
      if (!isSecretOf(row?.hash, token) || row === undefined) throw notValid();
      return { id, user: { tenant: row.tenant, name: row.user_name, uid: row.user_uid } };
    },
    async pending({ tenant, name, uid }: SessionUser): Promise<InvitationInfo | undefined> {
      const { rows } = await sql<InvitationRow>`
        select * from invitations where tenant = ${tenant} and user_name = ${name} and user_uid = ${uid} and expires_at > ${timestamptz(clock.now())}`.execute(
        db,
      );
      const row = rows[0];
      return row === undefined
        ? undefined
        : {
            createdBy: row.created_by,
            createdAt: new Date(row.created_at).getTime(),
            expiresAt: new Date(row.expires_at).getTime(),
          };
    },
    async withdraw({ tenant, name }: Omit<SessionUser, 'uid'>): Promise<void> {
      await sql`delete from invitations where tenant = ${tenant} and user_name = ${name}`.execute(db);
    },
    async prune(): Promise<void> {
      await sql`delete from invitations where expires_at < ${timestamptz(clock.now())}`.execute(db);
    },
  };
}
