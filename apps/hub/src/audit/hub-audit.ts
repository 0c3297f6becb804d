import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RouteAccess, Subresource, RawContext } from '@slipway/api';
import { type Clock, type Logger, messageOf, seconds, SlipwayError, withDeadline } from '@slipway/kit';
import { type AuditBody, type AuditUser, DEFAULT_TENANT, type Principal } from '@slipway/model';
import { type AuditActor, type AuditContext, type AuditLog, stampOf } from '@slipway/store';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import { createRefusalBudget } from './refusals.ts';

export interface HubAuditDeps {
  readonly log: AuditLog;
  readonly context: AuditContext;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads of these are recorded too: values are masked, but who looked is worth knowing. */
const WATCHED_READS: ReadonlySet<string> = new Set(['secrets']);
/** Subresources that show or change nothing beyond the object itself; the store records what they write. */
const PLAIN_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'plan']);
/** How long the record of an access may take; the access waits for it. */
const RECORD_MS = seconds(20);
/** Records of refusals that wait for the database at most: a flood must not grow the hub. */
const MAX_WAITING = 200;

const userOf = (principal: Principal | undefined): AuditUser =>
  principal === undefined
    ? { kind: 'anonymous', name: 'anonymous' }
    : {
        kind: 'user',
        name: principal.name,
        groups: [...principal.groups],
        tenant: principal.home,
        ...(principal.auth === undefined ? {} : { auth: principal.auth }),
      };

const sourceOf = (ip: string | undefined, userAgent: string | undefined): AuditBody['source'] => ({
  ...(ip === undefined ? {} : { ip }),
  ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }),
});

/** The path alone: a query may hold what a user typed. */
const pathOf = (url: string | undefined): string => ((url ?? '/').split('?')[0] ?? '/').slice(0, 1024);

/**
 * Ties requests to the chain: changes that a request makes are recorded by the store as that request's; access to what is sensitive is recorded before it is given,
 * and refused when it cannot be; refused attempts are recorded within a budget.
 */
export function createHubAudit(deps: HubAuditDeps) {
  const budget = createRefusalBudget(deps.clock);
  let waiting = 0;
  /** Requests whose refusal the route itself recorded: it knew more about it. */
  const told = new WeakSet<FastifyRequest>();

  const actorOf = (request: FastifyRequest): AuditActor => ({
    user: userOf(request.principal),
    source: sourceOf(request.ip, request.headers['user-agent']),
    request: { id: request.id, method: request.method, path: pathOf(request.raw.url) },
    recorded: 0,
  });
  /** Fails closed: no record, no access. */
  const recordAccess = async (
    tenant: string,
    actor: AuditActor,
    about: Pick<AuditBody, 'verb' | 'object' | 'reason'>,
    on?: Kysely<unknown>,
  ): Promise<void> => {
    try {
      await withDeadline(
        RECORD_MS,
        'whether this is recorded',
        deps.log.append(tenant, { ...stampOf(actor, deps.clock), ...about, outcome: 'ok' }, on),
      );
    } catch (error) {
      deps.logger.error({ err: error }, 'an access could not be recorded, so it was refused');
      throw new SlipwayError('Unavailable', 'This access cannot be recorded now, so it is not given.', { retryAfter: 1, cause: error });
    }
  };
  const recordRefusal = (
    actor: AuditActor,
    tenant: string,
    about: Pick<AuditBody, 'verb' | 'object' | 'code' | 'reason'>,
    account = '',
  ): void => {
    const caller = `${tenant}\0${actor.user.name}\0${actor.user.kind === 'anonymous' ? (actor.source?.ip ?? '') : ''}\0${account}`;
    const suppressed = waiting >= MAX_WAITING ? undefined : budget.take(caller);
    if (suppressed === undefined) return;
    waiting++;
    const more = suppressed === 0 ? {} : { suppressed };
    deps.log
      .append(tenant, { ...stampOf(actor, deps.clock), ...about, outcome: 'denied', ...more })
      .catch((error: unknown) => deps.logger.error({ error: messageOf(error) }, 'a refused attempt could not be recorded'))
      .finally(() => waiting--);
  };

  return {
    /** On the root of the HTTP application, before any routes. */
    hooks(app: FastifyInstance<any, any, any, any>): void {
      app.addHook('preHandler', (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) => {
        const { principal } = request;
        if (principal === undefined) return done();
        const actor = actorOf(request);
        // Entered here and not earlier: reading a body begins a new asynchronous chain.
        const go = () => deps.context.run(actor, () => done());
        const access = request.routeOptions.config.access;
        if (access === undefined || !isSensitive(access)) return go();
        recordAccess(principal.tenant, actor, { verb: verbOf(request, access), object: objectOf(request, access) }).then(go, done);
      });
      app.addHook('onResponse', async (request: FastifyRequest, reply: { readonly statusCode: number }) => {
        const code = reply.statusCode;
        if ((code !== 401 && code !== 403) || told.has(request)) return;
        const access = request.routeOptions.config.access;
        const about = {
          verb: access === undefined ? request.method.toLowerCase() : verbOf(request, access),
          ...(access === undefined ? {} : { object: objectOf(request, access) }),
          code,
        };
        recordRefusal(actorOf(request), request.principal?.home ?? DEFAULT_TENANT, about);
      });
    },
    /** What a route itself has to say of a caller that it came to know; recorded before the answer is given, or with what it tells (`on`). */
    access(
      request: FastifyRequest,
      tenant: string,
      about: Pick<AuditBody, 'user' | 'verb' | 'object'>,
      on?: Kysely<unknown>,
    ): Promise<void> {
      const { user, ...rest } = about;
      return recordAccess(tenant, { ...actorOf(request), user }, rest, on);
    },
    /** What a route itself has to say of an attempt that it refuses; attempts on each object that there is have a budget of their own. */
    refusal(request: FastifyRequest, tenant: string, about: Pick<AuditBody, 'verb' | 'object' | 'reason'>): void {
      told.add(request);
      recordRefusal(actorOf(request), tenant, about, about.object?.name);
    },
    /** The same for upgrades (exec, port-forward), which pass by the HTTP application. */
    watched(subresources: readonly Subresource[], plural: (kind: string) => string): Subresource[] {
      return subresources.map((subresource) => {
        if (!('raw' in subresource) || subresource.upgrade === undefined) return subresource;
        const { upgrade } = subresource;
        return {
          ...subresource,
          upgrade: async (context: RawContext, connection: Parameters<typeof upgrade>[1]) => {
            const { principal, project, name } = context;
            const object = {
              resource: plural(subresource.kind),
              subresource: subresource.name,
              ...(project === undefined ? {} : { project }),
              name,
            };
            await recordAccess(principal.tenant, upgradeActor(principal, connection.request), { verb: 'connect', object });
            await upgrade(context, connection);
          },
        };
      });
    },
    /** Runs what a request does as somebody's who is known only since it proved who they are: a sign-in. */
    as: <T>(request: FastifyRequest, user: Known, work: () => T): T =>
      deps.context.run({ ...actorOf(request), user: { kind: 'user', ...user } }, work),
    refusedUpgrade(request: IncomingMessage, code: number, principal?: Principal): void {
      if (code !== 401 && code !== 403) return;
      recordRefusal(upgradeActor(principal, request), principal?.home ?? DEFAULT_TENANT, { verb: 'connect', code });
    },
  };
}

export type HubAudit = ReturnType<typeof createHubAudit>;
/** Somebody of a tenant. */
type Known = Omit<AuditUser, 'kind'> & { readonly tenant: string };

const upgradeActor = (principal: Principal | undefined, request: IncomingMessage): AuditActor => ({
  user: userOf(principal),
  source: sourceOf(request.socket.remoteAddress, request.headers['user-agent']),
  request: { id: randomUUID(), method: request.method ?? 'GET', path: pathOf(request.url) },
  recorded: 0,
});

const isSensitive = ({ resource, subresource, verb }: RouteAccess): boolean =>
  subresource === undefined ? WATCHED_READS.has(resource) && ['get', 'list', 'watch'].includes(verb) : !PLAIN_SUBRESOURCES.has(subresource);

function verbOf(request: FastifyRequest, access: RouteAccess): string {
  const watch = new URL(request.raw.url ?? '/', 'http://hub').searchParams.get('watch');
  return access.verb === 'list' && (watch === 'true' || watch === '1') ? 'watch' : access.verb;
}

function objectOf(request: FastifyRequest, access: RouteAccess): AuditBody['object'] {
  const { project, name } = (request.params ?? {}) as { project?: string; name?: string };
  return {
    resource: access.resource,
    ...(access.subresource === undefined ? {} : { subresource: access.subresource }),
    ...(project === undefined ? {} : { project }),
    ...(name === undefined ? {} : { name }),
  };
}
