import { csrfTokenOf, type Identity, type SessionClaim, sessionTokenIn } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import type { Principal } from '@slipway/model';
import type { FastifyRequest } from 'fastify';

/** Somebody whose browser has a session that stands. */
export interface Visitor {
  readonly principal: Principal;
  readonly session: SessionClaim;
  /** What forms of this visitor's pages carry. */
  readonly csrf: string;
  readonly who: { readonly name: string; readonly tenant: string };
}

export type Form = Readonly<Record<string, string>>;

async function visitorOf(
  identity: Identity,
  headers: FastifyRequest['headers'],
  head: { method: string; headers: object },
): Promise<Visitor | undefined> {
  const token = sessionTokenIn(headers);
  const session = token === undefined ? undefined : await identity.sessions.authenticate(token);
  const principal = session === undefined ? undefined : await identity.authenticate(head as Parameters<Identity['authenticate']>[0]);
  if (token === undefined || session === undefined || principal === undefined) return undefined;
  return { principal, session, csrf: csrfTokenOf(token), who: { name: principal.name, tenant: principal.home } };
}

/** Who looks at a page. A page changes nothing and shows itself to nobody but the visitor, so it may be opened from anywhere: a link in a mail, a provider's redirect. */
export const viewerOf = (identity: Identity, { headers }: FastifyRequest): Promise<Visitor | undefined> =>
  visitorOf(identity, headers, { method: 'GET', headers: { cookie: headers.cookie } });

/** Who sent a form: of one of our own pages, with its CSRF token. */
export async function senderOf(identity: Identity, request: FastifyRequest, form: Form): Promise<Visitor> {
  const { cookie, origin, host } = request.headers;
  const own = { cookie, origin, host, 'sec-fetch-site': request.headers['sec-fetch-site'], 'x-slipway-csrf': form['csrf'] ?? '' };
  const visitor = await visitorOf(identity, request.headers, { method: request.method, headers: own });
  if (visitor === undefined)
    throw new SlipwayError('Unauthorized', 'You are not signed in any more.', { hint: 'Sign in and begin again.' });
  return visitor;
}
