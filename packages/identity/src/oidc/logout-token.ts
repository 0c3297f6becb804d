import type { Claims } from '@slipway/model';

/** Whom a provider signs out: a person, one session of theirs, or both. */
export interface Logout {
  readonly jti: string;
  readonly subject?: string;
  readonly sid?: string;
}

/** OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const MOST = 255;

/**
 * Reads the claims of a logout token whose signature, issuer, audience and time were checked, or says what is wrong with it (section 2.6 of the standard). What is a logout token is told by
 * `events`, and what is an ID token by `nonce`: neither may pass for the other.
 */
export function readLogout(claims: Claims): Logout | { readonly refused: string } {
  const { events, jti, sub, sid } = claims;
  if (!isObject(events) || !isObject(events[EVENT])) return { refused: 'it has no event of a logout' };
  if ('nonce' in claims) return { refused: 'it has a nonce' };
  if (!isText(jti)) return { refused: 'it has no jti' };
  if ((sub !== undefined && !isText(sub)) || (sid !== undefined && !isText(sid))) return { refused: 'its sub or sid is no text' };
  if (sub === undefined && sid === undefined) return { refused: 'it names neither a person nor a session' };
  return { jti, ...(sub === undefined ? {} : { subject: sub }), ...(sid === undefined ? {} : { sid }) };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MOST;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
