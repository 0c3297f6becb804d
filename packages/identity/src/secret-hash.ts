import { createHash, timingSafeEqual } from 'node:crypto';
import { type Clock, sha256Hex } from '@slipway/kit';

const CACHE_SIZE = 10_000;

/** What is kept of a random secret. Passwords need more than this: see `passwords/`. */
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** A hash as a literal of SQL that both engines take. */
export const hashHex = (secret: string): string => hashOf(secret).toString('hex');

/** Compared even when nothing is stored, so that the time taken does not tell which ids there are. */
export function isSecretOf(stored: Uint8Array | undefined, given: string): boolean {
  const equal = timingSafeEqual(hashOf(given), stored === undefined ? hashOf('') : Buffer.from(stored));
  return stored !== undefined && equal;
}

/** What checked tokens proved, believed for `cacheMs` without asking the database. Keyed by the hash of the whole token: no secret stays in memory. */
export function createProvenCache<Claim>({ clock, cacheMs }: { clock: Clock; cacheMs: number }) {
  const known = new Map<string, { claim: Claim; until: number }>();
  let forgets = 0;
  return {
    async get(token: string, check: (token: string) => Promise<Claim | undefined>): Promise<Claim | undefined> {
      const key = sha256Hex(token);
      const found = known.get(key);
      if (found !== undefined && found.until > clock.now()) return found.claim;
      known.delete(key);
      const before = forgets;
      const claim = await check(token);
      // What was read while something was forgotten may be what ended: it is not kept.
      if (claim === undefined || forgets !== before) return claim;
      if (known.size >= CACHE_SIZE) known.clear();
      known.set(key, { claim, until: clock.now() + cacheMs });
      return claim;
    },
    forget(gone: (claim: Claim) => boolean): void {
      forgets += 1;
      for (const [key, { claim }] of known) if (gone(claim)) known.delete(key);
    },
  };
}

/** Says once a minute for each id that its use is to be noted. */
export function createUseNotes(clock: Clock): (id: string) => boolean {
  const noted = new Map<string, number>();
  return (id) => {
    const now = clock.now();
    if ((noted.get(id) ?? -Infinity) > now - 60_000) return false;
    if (noted.size >= CACHE_SIZE) noted.clear();
    noted.set(id, now);
    return true;
  };
}
