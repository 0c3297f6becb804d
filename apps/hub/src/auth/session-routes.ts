import { clearedSessionCookie, csrfTokenOf, type Identity, sessionTokenIn } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import type { Principal } from '@slipway/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SignInAudit } from './sign-in-audit.ts';

/** The caller, signed in by a session: not with a key or token. */
export function requireOwnSession({ principal }: FastifyRequest): { principal: Principal; session: string } {
  if (principal?.auth?.kind === 'session') return { principal, session: principal.auth.id };
  throw new SlipwayError('Forbidden', 'This is for who signed in: this request came with a key or token.', {
    hint: 'Sign in first: slipway login <url> --user <name>.',
  });
}

/** Who am I, and signing out. */
export function sessionRoutes(scope: FastifyInstance, deps: { identity: Identity; audit: SignInAudit; madeUp: boolean }): void {
  const { sessions } = deps.identity;

  scope.get('/auth/session', async (request) => {
    const { principal } = request;
    if (principal === undefined) throw new SlipwayError('Unauthorized', 'This takes a valid token.');
    const { name, home, groups, auth } = principal;
    const cookie = request.headers.authorization === undefined ? sessionTokenIn(request.headers) : undefined;
    return {
      user: name,
      tenant: home,
      groups,
      credential: auth,
      // A demo says so itself: nobody should take what it shows for their fleet.
      ...(deps.madeUp ? { demo: true } : {}),
      ...(cookie === undefined ? {} : { csrfToken: csrfTokenOf(cookie) }),
    };
  });

  scope.post('/auth/logout', async (request, reply) => {
    const { principal, session } = requireOwnSession(request);
    const { home: tenant, name } = principal;
    const record = deps.audit.within(request, 'sign-out', { kind: 'session', id: session });
    await sessions.end({ tenant, name, id: session }, (on) => record({ tenant, name }, on));
    void reply.header('set-cookie', clearedSessionCookie());
    return { user: name, tenant };
  });
}
