import { createHmac, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '@slipway/kit';
import type { RequestHead } from '@slipway/model';
import { isSessionToken } from './sessions.ts';

/** `__Host-`: browsers take it over HTTPS only, for this host only and for every path, so no other host of the domain can put one in its place. */
export const SESSION_COOKIE = '__Host-slipway-session';
/** The header in which a page proves that it can read the answers of this hub. */
export const CSRF_HEADER = 'x-slipway-csrf';

const FLAGS = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** The `Set-Cookie` of a new session. Lax: a sign-in that comes back from an identity provider would lose a Strict one. */
export const sessionCookie = (token: string, maxAgeMs: number): string =>
  `${SESSION_COOKIE}=${token}; ${FLAGS}; Max-Age=${Math.max(0, Math.floor(maxAgeMs / 1000))}`;

export const clearedSessionCookie = (): string => `${SESSION_COOKIE}=; ${FLAGS}; Max-Age=0`;

/** The session's token in a request's cookies. Two of them prove nothing: one was put there by somebody else. */
export function sessionTokenIn(headers: RequestHead['headers']): string | undefined {
  const pairs = textOf(headers['cookie'])?.split(';') ?? [];
  const values = pairs.map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  const token = values.length === 1 ? values[0]?.slice(SESSION_COOKIE.length + 1) : undefined;
  return token !== undefined && isSessionToken(token) ? token : undefined;
}

/** What a page must send beside the cookie: it follows from the token, so it ends with the session and fits no other. */
export const csrfTokenOf = (token: string): string => createHmac('sha256', token).update('slipway-csrf').digest('base64url');

/** Whether the page that made the request is the hub's own, as far as the browser says; undefined when it says nothing. */
export function fromOwnPage({ headers }: RequestHead): boolean | undefined {
  const origin = textOf(headers['origin']);
  if (origin !== undefined && !isOwnOrigin(origin, textOf(headers['host']))) return false;
  const site = textOf(headers['sec-fetch-site']);
  if (site !== undefined && site !== 'same-origin') return site === 'none' ? undefined : false;
  return origin === undefined && site === undefined ? undefined : true;
}

/**
 * Browsers send cookies whoever made the page. Refuses requests with a session's cookie that a foreign page made, and those that change something (or open a
 * WebSocket) unless the browser says that the page is the hub's own; what changes something needs the CSRF token too. Requests with an `Authorization` header need
 * none of this: no browser adds it by itself.
 */
export function refuseForgery(request: RequestHead, token: string): void {
  const own = fromOwnPage(request);
  const upgrade = request.headers['upgrade'] !== undefined;
  const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && !upgrade;
  if (own === false || (own === undefined && !reads))
    throw new SlipwayError('Forbidden', 'A session’s cookie counts only in requests from the hub’s own pages.', {
      hint: 'Programs send the token as "Authorization: Bearer …" instead.',
    });
  // A WebSocket cannot carry the header; its Origin, which no page can choose, was checked.
  if (reads || upgrade) return;
  const given = Buffer.from(textOf(request.headers[CSRF_HEADER]) ?? '');
  const wanted = Buffer.from(csrfTokenOf(token));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new SlipwayError('Forbidden', `This request needs the session’s CSRF token in the header ${CSRF_HEADER}.`, {
      hint: 'GET /auth/session gives it.',
    });
}

/** Refuses what a foreign page sends without any credential: signing a visitor in as somebody else. */
export function refuseForeignPage(request: RequestHead): void {
  if (fromOwnPage(request) === false) throw new SlipwayError('Forbidden', 'Another site’s page sent this.');
}

export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).protocol === 'https:' && new URL(origin).host === host;
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(',');
