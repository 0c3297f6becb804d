import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, randomSecret, sha256Hex, SlipwayError } from '@slipway/kit';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';
import type { SubjectRef } from './directory.ts';

export const API_TOKEN_PREFIX = 'swt_';
const ID_LENGTH = 12;
const CACHE_SIZE = 10_000;

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
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface TokenInput {
  readonly subject: SubjectRef;
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
  readonly hash: Uint8Array;
  readonly expires_at: Date | string | null;
}

/** Which tokens to end. */
export type TokenFilter = { readonly id: string } | { readonly subject: SubjectRef } | { readonly apiKey: string; readonly tenant: string };

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Bearer tokens in SQL, as hashes; a checked one is believed for `cacheMs`. */
export function createTokens(options: { database: Database; clock: Clock; cacheMs: number }) {
  const { clock, cacheMs } = options;
  const { db } = options.database;
  // Keyed by the hash of the whole token, so that no secret stays in memory.
  const cache = new Map<string, { claim: TokenClaim; until: number }>();
  const used = new Map<string, number>();

  const check = async (token: string): Promise<TokenClaim | undefined> => {
    const id = token.slice(API_TOKEN_PREFIX.length, API_TOKEN_PREFIX.length + ID_LENGTH);
    const { rows } = await sql<TokenRow>`
      select id, tenant, kind, user_name, project, api_key, api_key_uid, hash, expires_at from api_tokens where id = ${id} and revoked_at is null`.execute(
      db,
    );
    const row = rows[0];
    const given = hashOf(token.slice(API_TOKEN_PREFIX.length + ID_LENGTH + 1));
    // Compared even when there is no such id, so that the time taken tells nothing.
    const equal = timingSafeEqual(given, row === undefined ? hashOf('') : Buffer.from(row.hash));
    return row === undefined || !equal ? undefined : claimOf(row);
  };
  const forget = (gone: (claim: TokenClaim) => boolean) => {
    for (const [key, { claim }] of cache) if (gone(claim)) cache.delete(key);
  };

  return {
    async claim(header: string | undefined): Promise<TokenClaim | undefined> {
      const match = /^bearer (swt_[0-9a-f]{12}_[A-Za-z0-9_-]{20,100})$/i.exec(header ?? '');
      if (!match) return undefined;
      const token = match[1] as string;
      const key = sha256Hex(token);
      const known = cache.get(key);
      let claim = known !== undefined && known.until > clock.now() ? known.claim : undefined;
      if (claim === undefined) {
        cache.delete(key);
        claim = await check(token);
        if (claim === undefined) return undefined;
        if (cache.size >= CACHE_SIZE) cache.clear();
        cache.set(key, { claim, until: clock.now() + cacheMs });
      }
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
    async issue({ subject, description = '', ttlMs, apiKey }: TokenInput): Promise<IssuedToken> {
      const id = randomBytes(ID_LENGTH / 2).toString('hex');
      const secret = randomSecret(32);
      const expires = ttlMs === undefined ? null : new Date(clock.now() + ttlMs).toISOString();
      await sql`insert into api_tokens (id, tenant, user_name, hash, description, expires_at, kind, project, api_key, api_key_uid)
        values (${id}, ${subject.tenant}, ${subject.name}, decode(${hashOf(secret).toString('hex')}, 'hex'), ${description}, ${expires}::timestamptz,
          ${subject.kind === 'ServiceAccount' ? 'serviceaccount' : 'user'}, ${subject.project ?? null}, ${apiKey?.name ?? null}, ${apiKey?.uid ?? null})`.execute(
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
      forget((claim) => ended.has(claim.id));
      return [...ended];
    },
    /** Notes a use, once a minute at most; true when it was noted. */
    async touch(id: string): Promise<boolean> {
      const now = clock.now();
      if ((used.get(id) ?? 0) > now - 60_000) return false;
      if (used.size >= CACHE_SIZE) used.clear();
      used.set(id, now);
      await sql`update api_tokens set last_used_at = ${new Date(now).toISOString()}::timestamptz where id = ${id}`.execute(db);
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
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at).getTime(),
  };
}

/** For callers that name a user that must be there. */
export const noSuchUser = (name: string): SlipwayError => new SlipwayError('NotFound', `User "${name}" was not found.`);
