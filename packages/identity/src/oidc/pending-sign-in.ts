import { randomSecret } from '@slipway/kit';
import { z } from 'zod';
import type { SignInSecrets } from './provider-client.ts';

/** Of this host, over HTTPS and for no other host of the domain to set: so nobody can put their own sign-in into somebody else's browser. */
export const SIGN_IN_COOKIE = '__Host-slipway-sign-in';
const LIFETIME_SECONDS = 600;
const FLAGS = 'Path=/; Secure; HttpOnly; SameSite=Lax';

const pendingSchema = z.strictObject({
  tenant: z.string(),
  provider: z.string(),
  /** Of the IdentityProvider object. */
  uid: z.string(),
  state: z.string().min(40),
  nonce: z.string().min(40),
  verifier: z.string().min(43),
  returnTo: z.string(),
  /** Milliseconds since the epoch. */
  expires: z.number(),
});

/**
 * A sign-in that a browser began. The browser keeps it, not the hub: it holds nothing its owner may not know or could gain by changing, because the provider's
 * answer has to fit it, and a flood of begun sign-ins costs the hub nothing.
 */
export type PendingSignIn = z.infer<typeof pendingSchema>;

export function newPending(about: Pick<PendingSignIn, 'tenant' | 'provider' | 'uid' | 'returnTo'>, now: number): PendingSignIn {
  const secrets: SignInSecrets = { state: randomSecret(32), nonce: randomSecret(32), verifier: randomSecret(48) };
  return { ...about, ...secrets, expires: now + LIFETIME_SECONDS * 1000 };
}

export const pendingCookie = (pending: PendingSignIn): string =>
  `${SIGN_IN_COOKIE}=${Buffer.from(JSON.stringify(pending)).toString('base64url')}; ${FLAGS}; Max-Age=${LIFETIME_SECONDS}`;

export const clearedPendingCookie = (): string => `${SIGN_IN_COOKIE}=; ${FLAGS}; Max-Age=0`;

/** The sign-in that this browser began; undefined when it began none, too long ago, or has two. */
export function pendingIn(cookies: string | undefined, now: number): PendingSignIn | undefined {
  const own = (cookies?.split(';') ?? []).map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${SIGN_IN_COOKIE}=`));
  if (own.length !== 1) return undefined;
  const parsed = pendingSchema.safeParse(parsedJson((own[0] as string).slice(SIGN_IN_COOKIE.length + 1)));
  return parsed.success && parsed.data.expires > now ? parsed.data : undefined;
}

function parsedJson(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
