import { randomBytes } from 'node:crypto';
import { type Clock, randomSecret, SlipwayError } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import type { SubjectRef } from './directory.ts';
import { createProvenCache, createUseNotes, hashHex, isSecretOf } from './secret-hash.ts';
import { timestamptz } from './sql-time.ts';

export const API_TOKEN_PREFIX = 'swt_';
const ID_LENGTH = 12;

/** A new token: shown once, kept only as a hash. */
export interface IssuedToken {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** What a token proves, before it is asked whether its owner still counts. */
export interface TokenClaim {
  readonly id: string;
  readonly subject: SubjectRef;
  /** The ApiKey object it belongs to. */
  readonly apiKey?: { readonly name: string; readonly uid: string } | undefined;
  /** Of the very user or account it was made for; tokens of earlier versions do not say. */
  readonly ownerUid?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface TokenInput {
  readonly subject: SubjectRef;
  readonly ownerUid: string;
  readonly description?: string;
  readonly ttlMs?: number | undefined;
  readonly apiKey?: { readonly name: string; readonly uid: string };
}

interface TokenRow {
  readonly id: string;
  readonly tenant: string;
  readonly kind: string;
  readonly user_name: string;
  readonly project: string | null;
  readonly api_key: string | null;
  readonly api_key_uid: string | null;
  readonly owner_uid: string | null;
  readonly hash: Uint8Array;
  readonly expires_at: Date | string | null;
}

/** Which tokens to end. */
export type TokenFilter = { readonly id: string } | { readonly subject: SubjectRef } | { readonly apiKey: string; readonly tenant: string };

/** Bearer tokens in SQL, as hashes; a checked one is believed for `cacheMs`. */
export function createTokens(options: { database: Database; clock: Clock; cacheMs: number }) {
  const { clock, cacheMs } = options;
  const { db } = options.database;
  const proven = createProvenCache<TokenClaim>({ clock, cacheMs });
  const notesUse = createUseNotes(clock);

  const check = async (token: string): Promise<TokenClaim | undefined> => {
    const id = token.slice(API_TOKEN_PREFIX.length, API_TOKEN_PREFIX.length + ID_LENGTH);
    const { rows } = await sql<TokenRow>`
      select id, tenant, kind, user_name, project, api_key, api_key_uid, owner_uid, hash, expires_at from api_tokens where id = ${id} and revoked_at is null`.execute(
      db,
    );
    const secret = token.slice(API_TOKEN_PREFIX.length + ID_LENGTH + 1);
    return isSecretOf(rows[0]?.hash, secret) ? claimOf(rows[0] as TokenRow) : undefined;
  };

  return {
    async claim(header: string | undefined): Promise<TokenClaim | undefined> {
      const match = /^bearer (swt_[0-9a-f]{12}_[A-Za-z0-9_-]{20,100})$/i.exec(header ?? '');
      if (!match) return undefined;
      const claim = await proven.get(match[1] as string, check);
      if (claim === undefined) return undefined;
      return claim.expiresAt !== undefined && claim.expiresAt <= clock.now() ? undefined : claim;
    },
    /** Whether a token that was believed before is still there: asks the database. */
    async stands(id: string): Promise<boolean> {
      const { rows } = await sql<{
        expires_at: Date | string | null;
      }>`select expires_at from api_tokens where id = ${id} and revoked_at is null`.execute(db);
      const expires = rows[0]?.expires_at ?? null;
      return rows.length > 0 && (expires === null || new Date(expires).getTime() > clock.now());
    },
    async issue({ subject, ownerUid, description = '', ttlMs, apiKey }: TokenInput): Promise<IssuedToken> {
      const id = randomBytes(ID_LENGTH / 2).toString('hex');
      const secret = randomSecret(32);
      const expires = ttlMs === undefined ? null : new Date(clock.now() + ttlMs).toISOString();
      await sql`insert into api_tokens (id, tenant, user_name, hash, description, expires_at, kind, project, api_key, api_key_uid, owner_uid)
        values (${id}, ${subject.tenant}, ${subject.name}, decode(${hashHex(secret)}, 'hex'), ${description}, ${expires}::timestamptz,
          ${subject.kind === 'ServiceAccount' ? 'serviceaccount' : 'user'}, ${subject.project ?? null}, ${apiKey?.name ?? null}, ${apiKey?.uid ?? null}, ${ownerUid})`.execute(
        db,
      );
      return { id, name: subject.name, token: `${API_TOKEN_PREFIX}${id}_${secret}` };
    },
    /** Ends tokens: at once in this process, within `cacheMs` in other replicas. */
    async revoke(filter: TokenFilter): Promise<string[]> {
      const which =
        'id' in filter
          ? sql`id = ${filter.id}`
          : 'subject' in filter
            ? sql`tenant = ${filter.subject.tenant} and user_name = ${filter.subject.name} and project is not distinct from ${filter.subject.project ?? null}`
            : sql`tenant = ${filter.tenant} and api_key = ${filter.apiKey}`;
      const { rows } = await sql<{
        id: string;
      }>`update api_tokens set revoked_at = now() where ${which} and revoked_at is null returning id`.execute(db);
      const ended = new Set(rows.map((row) => row.id));
      proven.forget((claim) => ended.has(claim.id));
      return [...ended];
    },
    /** Forgets tokens that expired; those of keys stay with their key. */
    async prune(): Promise<void> {
      const before = new Date(clock.now() - 86_400_000).toISOString();
      await sql`delete from api_tokens where expires_at < ${before}::timestamptz and api_key is null`.execute(db);
    },
    /** Notes a use, once a minute at most; true when it was noted. */
    async touch(id: string): Promise<boolean> {
      if (!notesUse(id)) return false;
      await sql`update api_tokens set last_used_at = ${timestamptz(clock.now())} where id = ${id}`.execute(db);
      return true;
    },
  };
}
export type Tokens = ReturnType<typeof createTokens>;

function claimOf(row: TokenRow): TokenClaim {
  const account = row.kind === 'serviceaccount';
  return {
    id: row.id,
    subject: {
      kind: account ? 'ServiceAccount' : 'User',
      tenant: row.tenant,
      name: row.user_name,
      ...(row.project === null ? {} : { project: row.project }),
    },
    apiKey: row.api_key === null ? undefined : { name: row.api_key, uid: row.api_key_uid ?? '' },
    ownerUid: row.owner_uid ?? undefined,
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at).getTime(),
  };
}

/** For callers that name a user that must be there. */
export const noSuchUser = (name: string): SlipwayError => new SlipwayError('NotFound', `User "${name}" was not found.`);
