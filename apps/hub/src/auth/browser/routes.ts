import {
  clearedSessionCookie,
  createBackChannelLogout,
  createDeviceGrants,
  createProviderClients,
  createSingleSignOn,
  type Identity,
  refuseForeignPage,
  safeReturnTo,
  sessionCookie,
} from '@slipway/identity';
import { statusOf } from '@slipway/api';
import { type Clock, type Logger, SlipwayError } from '@slipway/kit';
import { createOutbound, type OutboundOptions } from '@slipway/kit/outbound';
import { DEFAULT_TENANT, type ObjectStore } from '@slipway/model';
import type { Database, Vault } from '@slipway/store';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HubAudit } from '../../audit/hub-audit.ts';
import { sourceOf } from '../answers.ts';
import { createSignInAudit } from '../sign-in-audit.ts';
import { deviceRoutes } from './device-routes.ts';
import { LOGOUT_PATH, oidcRoutes } from './oidc-routes.ts';
import { sendPage } from './page.ts';
import { belowPrefix } from './path-prefix.ts';
import { problemPage, signedInPage, signInPage } from './pages.ts';
import { type Form, senderOf, viewerOf } from './visitor.ts';

export interface SignInDeps {
  readonly identity: Identity;
  readonly database: Database;
  readonly store: ObjectStore;
  readonly vault: Vault;
  readonly audit: HubAudit;
  readonly outbound: OutboundOptions | undefined;
  /** Where people reach the hub: `https://hub.example.com`, `https://example.com/slipway`. Without it: as their browser says. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HOME = '/auth/sign-in';

/** Signing in with a browser, and from a command line through one. */
export function createBrowserSignIn(deps: SignInDeps) {
  const { identity, database, store, clock, logger, outbound } = deps;
  const clients = createProviderClients({
    outbound: (ca) => createOutbound({ ...outbound, ...(ca.length === 0 ? {} : { ca: [...(outbound?.ca ?? []), ...ca] }) }),
    secrets: deps.vault,
    clock,
  });
  const { directory, openSession } = identity;
  const singleSignOn = createSingleSignOn({ store, directory, clients, clock, logger, database, openSession });
  const devices = createDeviceGrants({ database, clock });
  const logout = createBackChannelLogout({ store, directory, clients, sessions: identity.sessions, database, clock, logger });
  const signIns = createSignInAudit({ audit: deps.audit, identity });

  return {
    close: () => clients.close(),
    routes(app: FastifyInstance<any, any, any, any>): void {
      void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser(
          'application/x-www-form-urlencoded',
          { parseAs: 'string', bodyLimit: 16_384 },
          (_request, text, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(text as string))),
        );
        belowPrefix(scope, deps.publicUrl);
        scope.setErrorHandler((error: FastifyError, request, reply) => answerError(logger, error, request, reply));
        oidcRoutes(scope, { ...deps, singleSignOn, logout, signIns });
        deviceRoutes(scope, { ...deps, devices, signIns });

        scope.get<{ Querystring: Form }>('/auth/sign-in', async (request, reply) => {
          const { tenant = DEFAULT_TENANT, provider, returnTo } = request.query;
          const visitor = await viewerOf(identity, request);
          if (visitor !== undefined && returnTo === undefined) return sendPage(reply, signedInPage(visitor.who, visitor.csrf));
          const place = { tenant, returnTo: safeReturnTo(returnTo, HOME) };
          return sendPage(reply, signInPage(place, await singleSignOn.providers(tenant, provider)));
        });
        scope.post<{ Body: Form }>('/auth/sign-in', async (request, reply) => {
          refuseForeignPage(request.raw);
          const { tenant = '', user = '', password = '' } = request.body;
          const returnTo = safeReturnTo(request.body['returnTo'], HOME);
          try {
            const signIn = () => identity.accounts.signIn({ tenant, name: user, password }, sourceOf(request));
            const session = await signIns.attempt(request, 'sign-in', { tenant, name: user }, signIn);
            await signIns.signedIn(request, session, { kind: 'session', id: session.id });
            void reply.header('set-cookie', sessionCookie(session.token, session.expiresAt - clock.now()));
            return await reply.redirect(returnTo, 303);
          } catch (error) {
            if (!(error instanceof SlipwayError)) throw error;
            const page = signInPage(
              { tenant, returnTo },
              await singleSignOn.providers(tenant, undefined),
              `${error.message} ${error.hint ?? ''}`,
            );
            return sendPage(reply, page, statusOf(error).code);
          }
        });
        scope.post<{ Body: Form }>('/auth/sign-out', async (request, reply) => {
          const { session } = await senderOf(identity, request, request.body);
          const { tenant, name } = session.user;
          const record = signIns.within(request, 'sign-out', { kind: 'session', id: session.id });
          await identity.sessions.end({ tenant, name, id: session.id }, (on) => record({ tenant, name }, on));
          return reply.header('set-cookie', clearedSessionCookie()).redirect(HOME, 303);
        });
        done();
      });
    },
  };
}

/** In the form the caller reads: a page for people, a line of JSON for programs. */
function answerError(logger: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, message = '' } = statusOf(error);
  const path = request.routeOptions.url;
  const known = error instanceof SlipwayError;
  if (code >= 500 && !known) logger.error({ err: error, requestId: request.id, path }, 'a sign-in failed');
  else logger.info({ requestId: request.id, path, error: message, detail: (error as { detail?: string }).detail }, 'a sign-in was refused');
  if (path === '/auth/device/code' || path === '/auth/device/token') {
    const word = code === 429 ? 'temporarily_unavailable' : code >= 500 ? 'server_error' : 'invalid_request';
    return reply.code(code).send({ error: word, error_description: message });
  }
  if (path === LOGOUT_PATH) {
    // As the standard wants it: 400 for every token that does not count; the provider comes again when the fault is ours.
    const word = code >= 500 ? 'server_error' : 'invalid_request';
    return reply.code(code >= 500 ? code : 400).send({ error: word, error_description: known ? error.message : 'The body is not valid.' });
  }
  return sendPage(reply, problemPage(known ? error.message : message, known ? error.hint : undefined), code);
}
