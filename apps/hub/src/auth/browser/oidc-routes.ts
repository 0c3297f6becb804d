import {
  type BackChannelLogout,
  clearedPendingCookie,
  pendingCookie,
  pendingIn,
  safeReturnTo,
  sessionCookie,
  type SingleSignOn,
} from '@slipway/identity';
import { type Clock, SlipwayError } from '@slipway/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HubAudit } from '../../audit/hub-audit.ts';
import { sourceOf } from '../answers.ts';
import type { SignInAudit } from '../sign-in-audit.ts';
import { passingPage } from './pages.ts';
import { sendPage } from './page.ts';
import type { Form } from './visitor.ts';
import { publicOrigin } from './request.ts';

export interface OidcRouteDeps {
  readonly singleSignOn: SingleSignOn;
  readonly logout: BackChannelLogout;
  readonly audit: HubAudit;
  readonly signIns: SignInAudit;
  readonly clock: Clock;
  readonly publicUrl: string | undefined;
}

interface Place {
  readonly tenant: string;
  readonly provider: string;
}

/** Where a provider says that somebody was signed out there. */
export const LOGOUT_PATH = '/auth/oidc/:tenant/:provider/backchannel-logout';

/** After signing in, when nothing else was asked for. */
const HOME = '/auth/sign-in';

/**
 * The way to an identity provider and back. Every provider has a callback of its own, so that the answer of one can never be taken for another's (RFC 9700 §4.4),
 * besides the issuer in the answer where the provider says it (RFC 9207).
 */
export function oidcRoutes(scope: FastifyInstance, deps: OidcRouteDeps): void {
  const callbackOf = (request: FastifyRequest, { tenant, provider }: Place): string =>
    `${publicOrigin(deps.publicUrl, request)}/auth/oidc/${encodeURIComponent(tenant)}/${encodeURIComponent(provider)}/callback`;

  scope.get<{ Params: Place; Querystring: { returnTo?: unknown } }>('/auth/oidc/:tenant/:provider/start', async (request, reply) => {
    const { tenant, provider } = request.params;
    const returnTo = safeReturnTo(request.query.returnTo, HOME);
    const { location, pending } = await deps.singleSignOn.begin({
      tenant,
      provider,
      returnTo,
      redirectUri: callbackOf(request, request.params),
    });
    return reply.header('set-cookie', pendingCookie(pending)).redirect(location.href, 303);
  });

  scope.post<{ Params: Place; Body: Form | undefined }>(LOGOUT_PATH, async (request) => {
    const { tenant, provider } = request.params;
    const record = deps.signIns.within(request, 'sign-out', { kind: 'oidc', id: provider });
    const end = () => deps.logout.end({ tenant, provider }, request.body?.['logout_token'] ?? '', record);
    await deps.signIns.attempt(request, 'sign-out', { tenant, name: '' }, end);
    return {};
  });

  scope.get<{ Params: Place }>('/auth/oidc/:tenant/:provider/callback', async (request, reply) => {
    const { tenant, provider } = request.params;
    const pending = pendingIn(request.headers.cookie, deps.clock.now());
    // Whatever comes of it, this browser's sign-in is over.
    void reply.header('set-cookie', clearedPendingCookie());
    if (pending === undefined || pending.tenant !== tenant || pending.provider !== provider) {
      throw new SlipwayError('Unauthorized', 'This browser did not begin this sign-in, or began it too long ago.', {
        hint: 'Begin again from the sign-in page, and let the browser take cookies.',
      });
    }
    const url = new URL(callbackOf(request, request.params));
    url.search = new URL(request.raw.url ?? '', url).search;
    const whoIs = (name: string) => ({ name, tenant, auth: { kind: 'oidc', id: provider } });
    const as = <T>(name: string, work: () => Promise<T>): Promise<T> => deps.audit.as(request, whoIs(name), work);
    const finish = () => deps.singleSignOn.finish({ pending, url, from: sourceOf(request), as });
    // Who it is is not known yet when it fails.
    const session = await deps.signIns.attempt(request, 'sign-in', { tenant, name: '' }, finish);
    await deps.signIns.signedIn(request, session, { kind: 'oidc', id: provider });
    void reply.header('set-cookie', sessionCookie(session.token, session.expiresAt - deps.clock.now()));
    return sendPage(reply, passingPage(safeReturnTo(pending.returnTo, HOME)));
  });
}
