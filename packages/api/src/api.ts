import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, type Logger, silentLogger, SlipwayError, systemClock } from '@slipway/kit';
import {
  type AccessRequest,
  type Authenticator,
  type Authorizer,
  admissionReads,
  type Decision,
  type FleetReader,
  GROUP,
  type Kind,
  type Lasting,
  type ObjectStore,
  type PackReads,
  type Principal,
  type StillHolds,
  VERSION,
} from '@slipway/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAX_BODY, parseBody } from './body.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { statusOf } from './errors.ts';
import { createFairness, type Fairness, type FairnessLimits } from './fairness/fairness.ts';
import { serveVersions } from './conversion.ts';
import { guarded } from './guards.ts';
import type { ServedKind } from './kind-schema.ts';
import { kindRoutes } from './kind-routes.ts';
import { multiWatchRoute } from './multi-watch.ts';
import type { Subresource } from './ports.ts';
import { type Previews, previewSubresources } from './previews.ts';
import { flag, queryOf } from './request-options.ts';
import { secretRoutes } from './secret-routes.ts';
import { addressedTenant, takeTenant } from './tenant-prefix.ts';
import { subresourceRoutes } from './subresource-routes.ts';
import { tokenRequestRoutes } from './token-request.ts';
import { createUpgrades, refuseUpgrade } from './upgrades.ts';
import { viewRoutes } from './view-routes.ts';
import { createWrites, type ReadsFor } from './writes.ts';

export interface ApiOptions extends Previews {
  readonly kinds: readonly Kind[];
  readonly authenticator: Authenticator;
  /** Also gives each request its store: there is no other way to objects from here. */
  readonly authorizer: Authorizer;
  /** Objects of every tenant, for the checks of what belongs to the installation. */
  readonly fleet: Pick<FleetReader, 'listAll'>;
  readonly subresources?: readonly Subresource[];
  /** What admission is told of packs on behalf of one request of a tenant. Absent: what needs packs is not checked. */
  readonly packReads?: (tenant: string) => PackReads;
  /** Of the product, for /version. */
  readonly version: string;
  /** Aborted when the hub stops: ends watches. */
  readonly stopping: AbortSignal;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** More routes inside the API's own scope: authenticated, authorised by their `access`, errors as Status. */
  readonly moreRoutes?: (scope: FastifyInstance) => void;
  /** Told of every upgrade that was refused, with the HTTP status. */
  readonly onRefusedUpgrade?: (request: IncomingMessage, code: number) => void;
  /** How much one caller may take; what is not given has its default. */
  readonly limits?: FairnessLimits;
  /** Told when a connection has shown whose it is. */
  readonly onAuthenticated?: (request: IncomingMessage) => void;
  /** Undefined when the hub is ready to serve, else what it waits for. */
  readonly notReady?: () => string | undefined;
}

export interface Api {
  /** Registers every route, in a scope of its own. Before `listen`. */
  routes(app: FastifyInstance<any, any, any, any>): void;
  /** For `server.on('upgrade')`: false when the path is not the API's. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

/** What a route is about: permission is data on the route, checked in one place. */
export interface RouteAccess {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
    /** Open to everybody: health and nothing else. */
    open?: boolean;
    /** The method is not served here, and why in words; told to those who would otherwise be let in. */
    refused?: string;
  }
  interface FastifyRequest {
    /** Who asks, also when it is refused. */
    principal?: Principal;
    grant?: RequestGrant;
    /** When it was found who asks and what they may, milliseconds since the epoch. */
    checkedAt?: number;
    /** Gives back the seat of a request in work: what goes on after its answer has begun does so before. */
    leaveSeat?: () => void;
  }
}

/** What the one check of a request found: who asks, what they may, and the store as they may use it. */
export interface RequestGrant {
  readonly principal: Principal;
  readonly store: ObjectStore;
  /** Only some objects are in reach. */
  readonly limited: boolean;
  /** A right in use is watched over from here on; released by the caller or when the answer ends. */
  lasting(also?: StillHolds): Lasting;
}

/** What the route files share. */
export interface RouteDeps extends ApiOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readsFor: ReadsFor;
  /** Every kind in the version it is stored in. */
  readonly served: readonly ServedKind[];
  /** Every kind in every version. */
  readonly versions: readonly ServedKind[];
  readonly writes: ReturnType<typeof createWrites>;
  readonly subresources: readonly Subresource[];
  readonly grant: (principal: Principal, request: AccessRequest) => Promise<RequestGrant>;
  readonly fairness: Fairness;
}

/** How long what was found out about a request counts until it is acted on. */
const BELIEVED_MS = 1000;

export const API_PREFIX = `/apis/${GROUP}/${VERSION}`;

/**
 * The Kubernetes-style API of a set of kinds: routes, discovery, OpenAPI, validation, patches, watches, tables.
 *
 * @example
 * const api = createApi({ kinds, store, authenticator: identity, authorizer, version: '0.1.0', stopping: signal });
 * api.routes(app);
 * app.server.on('upgrade', (request, socket, head) => api.handleUpgrade(request, socket, head) || socket.destroy());
 */
export function createApi(options: ApiOptions): Api {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const versions = options.kinds.flatMap(serveVersions);
  const served = versions.filter(({ kind }) => kind.version === VERSION);
  const { fleet, packReads } = options;
  const readsFor: ReadsFor = ({ tenant, store }) => admissionReads({ tenant, store, fleet, packs: packReads?.(tenant) });
  const writes = createWrites({ clock, readsFor });
  const { authorizer } = options;
  const granted = (principal: Principal, request: AccessRequest, decision: Decision): RequestGrant => ({
    principal,
    limited: decision.only !== undefined,
    store: authorizer.guard(principal, request, decision),
    lasting: (also) => authorizer.lasting(principal, request, decision, also),
  });
  const grant = async (principal: Principal, request: AccessRequest): Promise<RequestGrant> => {
    const decision = await guarded('what the caller may do', authorizer.authorize(principal, request));
    if (decision.allowed) return granted(principal, request, decision);
    const what = `${request.resource}${request.subresource === undefined ? '' : `/${request.subresource}`}${request.name === undefined ? '' : ` "${request.name}"`}`;
    const place = request.project === undefined ? '' : ` in project "${request.project}"`;
    throw new SlipwayError('Forbidden', `User "${principal.name}" cannot ${request.verb} ${what}${place}: ${decision.reason}.`);
  };
  const previews = previewSubresources(options, { served, readsFor, authorizer, fleet, grant });
  const subresources = [...(options.subresources ?? []), ...previews];
  const fairness = createFairness(MAX_BODY, options.limits);
  const deps: RouteDeps = { ...options, clock, logger, readsFor, served, versions, writes, subresources, grant, fairness };

  /** The caller, acting in the tenant that the address names. */
  const authenticated = async (request: IncomingMessage, address: string): Promise<Principal> => {
    const principal = await guarded('who asks', options.authenticator.authenticate(request));
    const tenant = addressedTenant(request);
    if (principal !== undefined) {
      options.onAuthenticated?.(request);
      const entered = await guarded('which tenant is asked', authorizer.enter(principal, tenant ?? principal.home));
      if (entered !== undefined) return entered;
      // The same words for one that is there and one that is not.
      throw new SlipwayError('NotFound', `tenants.${GROUP} "${tenant}" not found`);
    }
    await fairness.failed(address);
    throw new SlipwayError('Unauthorized', 'This takes a valid token.', {
      hint: 'Log in again with: slipway login, or ask an admin for a new token.',
    });
  };

  const check = async (request: FastifyRequest): Promise<void> => {
    request.checkedAt = clock.now();
    const principal = await authenticated(request.raw, request.ip);
    request.principal = principal;
    const wanted = request.routeOptions.config.access;
    // What is open to everybody who is someone (discovery) reads no objects.
    const nothing = { allowed: true, reason: 'open', only: [] };
    request.grant =
      wanted === undefined
        ? granted(principal, { verb: 'get', group: '', resource: '' }, nothing)
        : await grant(principal, accessOf(request, wanted));
  };
  const upgrade = createUpgrades({ kinds: options.kinds, subresources, authenticated, grant, fairness });

  return {
    routes(app) {
      // A scope of its own: parsers, hooks and the error handler stay inside.
      void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
        scope.decorateRequest('grant');
        scope.decorateRequest('principal');
        scope.decorateRequest('leaveSeat');
        scope.decorateRequest('checkedAt');
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser(
          /^application\/(json|yaml|json-patch\+json|merge-patch\+json|apply-patch\+yaml)(;|$)/,
          { parseAs: 'string', bodyLimit: MAX_BODY },
          (request, text, parsed) => {
            try {
              parsed(null, parseBody(text as string, request.headers['content-type'] ?? ''));
            } catch (error) {
              parsed(error as Error);
            }
          },
        );
        scope.addHook('onRequest', async (request, reply) => {
          if (request.routeOptions.config.open) return;
          await check(request);
          // No name, label or selector holds it, and the database has no text with it.
          if (request.raw.url?.includes('%00')) throw new SlipwayError('BadRequest', 'An address cannot hold NUL (%00).');
          const { principal } = grantOf(request);
          fairness.body(principal, request.raw, reply.raw);
          if (!hasBody(request)) request.leaveSeat = await fairness.seat(principal, reply.raw);
          const { refused } = request.routeOptions.config;
          if (refused !== undefined) throw new SlipwayError('MethodNotAllowed', refused);
        });
        // A seat is for work: who sends a body slowly has none meanwhile.
        scope.addHook('preHandler', async (request, reply) => {
          if (request.principal === undefined) return;
          request.leaveSeat ??= await fairness.seat(request.principal, reply.raw);
          // A body may take minutes to arrive, and a seat to become free: a right that ended meanwhile is none.
          if (clock.now() - (request.checkedAt ?? 0) > BELIEVED_MS) await check(request);
        });
        // The answer is made; how fast it is read is the reader's business.
        scope.addHook('onSend', async (request) => request.leaveSeat?.());
        scope.setErrorHandler((error, request, reply) => answerError(deps, error, request, reply));
        discoveryRoutes(scope, deps);
        viewRoutes(scope, deps);
        for (const kind of versions) kindRoutes(scope, deps, kind);
        multiWatchRoute(scope, deps);
        secretRoutes(scope, deps);
        for (const subresource of subresources) subresourceRoutes(scope, deps, subresource);
        tokenRequestRoutes(scope, deps);
        options.moreRoutes?.(scope);
        done();
      });
    },
    handleUpgrade(request, socket, head) {
      takeTenant(request);
      if (!(request.url ?? '').startsWith(`${API_PREFIX}/`)) return false;
      socket.on('error', () => socket.destroy());
      upgrade(request, socket, head).catch((error: unknown) => {
        logger.debug({ err: error }, 'an upgrade was refused');
        options.onRefusedUpgrade?.(request, statusOf(error).code);
        refuseUpgrade(socket, error);
      });
      return true;
    },
  };
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/** The verb of a subresource request. */
export const verbOf = (method: string): string => ({ POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' })[method] ?? 'get';

function accessOf(request: FastifyRequest, route: RouteAccess): AccessRequest {
  const { project, name } = request.params as { project?: string; name?: string };
  const watching = route.verb === 'list' && flag(queryOf(request), 'watch');
  return { ...route, verb: watching ? 'watch' : route.verb, project, name };
}

/** What could not be made is named by its body; a body that could not be read names nothing. */
function nameInBody(error: unknown, { body }: FastifyRequest): string | undefined {
  if (!(error instanceof SlipwayError) || !['Invalid', 'AlreadyExists'].includes(error.code)) return undefined;
  const name = (body as { metadata?: { name?: unknown } } | null | undefined)?.metadata?.name;
  return typeof name === 'string' ? name : undefined;
}

function answerError(deps: RouteDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.config.access;
  const { name = nameInBody(error, request) } = (request.params ?? {}) as { name?: string };
  const objectKind = deps.kinds.find(({ plural }) => plural === route?.resource)?.kind;
  const status = statusOf(error, route === undefined ? {} : { group: route.group, kind: route.resource, objectKind, name });
  if (status.code >= 500) deps.logger.error({ err: error, requestId: request.id }, 'a request failed');
  if (status.code === 401) void reply.header('www-authenticate', 'Bearer realm="slipway"');
  if (status.details?.retryAfterSeconds !== undefined) void reply.header('retry-after', String(status.details.retryAfterSeconds));
  void reply.code(status.code).type('application/json').send(status);
}

/** What the onRequest hook found. */
export function grantOf(request: FastifyRequest): RequestGrant {
  if (request.grant === undefined) throw new SlipwayError('Unauthorized', 'This takes a valid token.');
  return request.grant;
}

/** The principal the onRequest hook found. */
export const principalOf = (request: FastifyRequest): Principal => grantOf(request).principal;

/** The store as this request may use it. */
export const storeOf = (request: FastifyRequest): ObjectStore => grantOf(request).store;
