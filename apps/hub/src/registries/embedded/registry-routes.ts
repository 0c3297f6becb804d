import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { createFailures, FAILURE_LIMITS } from '@slipway/api';
import { SlipwayError } from '@slipway/kit';
import { networkOf } from '@slipway/kit/network';
import type { Authenticator, Authorizer, ObjectScope, Principal } from '@slipway/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HubAudit } from '../../audit/hub-audit.ts';
import { EMBEDDED_REGISTRY, permissionsFor, type RegistryCall, registryCall, repositoryOf } from './repository-access.ts';

export interface RegistryRoutesDeps {
  readonly authenticator: Authenticator;
  readonly authorizer: Pick<Authorizer, 'enter' | 'authorize'>;
  readonly audit: Pick<HubAudit, 'access' | 'refusal'>;
  readonly socket: string;
  readonly ready: () => boolean;
  readonly problem: () => string;
  /** Repositories that begin so. */
  readonly repositories: (prefix: string) => Promise<readonly string[]>;
  /** This connection has shown whose it is. */
  readonly onAuthenticated: (request: IncomingMessage) => void;
}

/** Of one blob or manifest. Charts are small; this also lets images for air-gap through. */
const MAX_BODY = 2 * 1024 * 1024 * 1024;
/** Requests of one caller that run at a time. */
const AT_ONCE = 32;
const FORWARDED = [
  'accept',
  'content-length',
  'content-range',
  'content-type',
  'if-none-match',
  'range',
  'transfer-encoding',
  'user-agent',
];
const RETURNED = [
  'content-length',
  'content-range',
  'content-type',
  'docker-content-digest',
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'etag',
  'link',
  'location',
  'oci-subject',
  'oci-filters-applied',
  'range',
];

/** The OCI distribution API of the hub's own registry: who may do what is decided here; the registry behind knows nobody. */
export function registryRoutes(app: FastifyInstance<any, any, any, any>, deps: RegistryRoutesDeps): void {
  const failures = createFailures(FAILURE_LIMITS);
  const running = new Map<string, number>();

  const callerOf = async (request: FastifyRequest): Promise<Principal | undefined> => {
    const principal = await deps.authenticator.authenticate({ method: request.method, headers: bearerOf(request.headers) });
    if (principal === undefined && request.headers.authorization !== undefined) await failures.failed(networkOf(request.ip));
    if (principal === undefined) return undefined;
    deps.onAuthenticated(request.raw);
    return principal;
  };
  /** The caller in the tenant that a repository is of, if it may do that there. */
  const permitted = async (principal: Principal, call: Pick<RegistryCall, 'repository' | 'action'>): Promise<Principal | undefined> => {
    const entered = await deps.authorizer.enter(principal, call.repository.tenant);
    if (entered === undefined) return undefined;
    for (const wanted of permissionsFor(call.action, call.repository)) {
      const { allowed, only } = await deps.authorizer.authorize(entered, wanted);
      if (allowed && (only === undefined || only.some(coversEmbedded(call.repository.project)))) return entered;
    }
    return undefined;
  };

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const principal = await callerOf(request);
    if (principal === undefined) return unauthorized(reply);
    request.principal = principal;
    const path = (request.raw.url ?? '').split('?')[0] ?? '';
    if (path === '/v2' || path === '/v2/') return reply.header('docker-distribution-api-version', 'registry/2.0').send({});
    if (!deps.ready()) return refuse(reply, 503, 'UNAVAILABLE', `the embedded registry ${deps.problem()}`);
    if (path === '/v2/_catalog' && request.method === 'GET') return { repositories: await listFor(principal) };
    const call = registryCall(request.method, path);
    // What somebody may not see is answered as what is not there, before anybody looks.
    if (call === undefined) return refuse(reply, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    const entered = await permitted(principal, call);
    if (entered === undefined) return refusal(request, reply, call);
    if (call.action !== 'pull' && call.about === 'manifests')
      await deps.audit.access(request, entered.tenant, { user: userOf(entered), verb: call.action, object: objectOf(call) });
    return forward(request, reply, { call, key: `${entered.home}/${entered.name}` });
  };

  const listFor = async (principal: Principal): Promise<string[]> => {
    const found: string[] = [];
    const seen = new Map<string, boolean>();
    for (const full of await deps.repositories(`${principal.tenant}/`)) {
      const repository = repositoryOf(full);
      if (repository === undefined) continue;
      const place = repository.project ?? '';
      if (!seen.has(place)) seen.set(place, (await permitted(principal, { repository, action: 'pull' })) !== undefined);
      if (seen.get(place)) found.push(full);
    }
    return found;
  };

  const refusal = (request: FastifyRequest, reply: FastifyReply, call: RegistryCall): unknown => {
    deps.audit.refusal(request, request.principal?.home ?? '', { verb: call.action, object: objectOf(call) });
    if (call.action === 'pull') return refuse(reply, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    return refuse(reply, 403, 'DENIED', 'requested access to the resource is denied');
  };

  const forward = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { call, key }: { call: RegistryCall; key: string },
  ): Promise<unknown> => {
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > MAX_BODY) return refuse(reply, 413, 'SIZE_INVALID', `a body may have ${MAX_BODY} bytes`);
    const now = running.get(key) ?? 0;
    if (now >= AT_ONCE) return refuse(reply.header('retry-after', '1'), 429, 'TOOMANYREQUESTS', 'too many requests at once');
    running.set(key, now + 1);
    reply.raw.once('close', () => {
      const left = (running.get(key) ?? 1) - 1;
      if (left > 0) running.set(key, left);
      else running.delete(key);
    });
    reply.hijack();
    await pass({ socket: deps.socket, call }, request.raw, reply.raw);
    return reply;
  };

  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.setErrorHandler((error, _request, reply) => {
      const { code, body } = answerOf(error);
      void reply.code(code).send(body);
    });
    for (const url of ['/v2', '/v2/*'])
      scope.route({ method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], url, handler: handle, exposeHeadRoute: false });
    done();
  });
}

/** Programs for registries know a user and a password: the password is the token, whoever it is said to be of. */
function bearerOf(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const basic = /^basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  // A visitor's cookie is for the hub's own pages.
  const { cookie: _cookie, ...rest } = headers;
  if (basic === undefined) return rest;
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return { ...rest, authorization: `Bearer ${text.slice(text.indexOf(':') + 1)}` };
}

const coversEmbedded =
  (project: string | undefined) =>
  ({ names, projects, labelSelector, fieldSelector }: ObjectScope): boolean =>
    labelSelector === undefined &&
    fieldSelector === undefined &&
    (names === undefined || names.includes(EMBEDDED_REGISTRY)) &&
    (projects === undefined || project === undefined || projects.includes(project));

const userOf = (principal: Principal) => ({
  kind: 'user' as const,
  name: principal.name,
  tenant: principal.home,
  groups: [...principal.groups],
});
const objectOf = ({ repository: { project, name } }: RegistryCall) => ({
  resource: project === undefined ? 'registries' : 'projectregistries',
  subresource: 'content',
  ...(project === undefined ? {} : { project }),
  name,
});

/** An error as programs for registries understand it. */
function answerOf(error: unknown): { code: number; body: object } {
  const code =
    error instanceof SlipwayError ? { TooManyRequests: 429, Forbidden: 403, Unavailable: 503 }[error.code as 'Forbidden'] : undefined;
  const message = error instanceof SlipwayError ? error.message : 'something went wrong';
  return { code: code ?? 500, body: { errors: [{ code: code === 429 ? 'TOOMANYREQUESTS' : 'UNKNOWN', message }] } };
}

const refuse = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .code(status)
    .header('docker-distribution-api-version', 'registry/2.0')
    .send({ errors: [{ code, message }] });

const unauthorized = (reply: FastifyReply): FastifyReply =>
  refuse(
    reply.header('www-authenticate', 'Basic realm="Slipway"'),
    401,
    'UNAUTHORIZED',
    'authentication required: an API key or a session token is the password',
  );

/** The request as it was understood, and the answer as it comes. */
function pass({ socket, call }: { socket: string; call: RegistryCall }, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://hub').searchParams;
  // A blob of another repository would come along without anybody asking whose it is: it is uploaded instead.
  query.delete('mount');
  query.delete('from');
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  const path = `/v2/${call.full}/${call.about}/${call.rest}${search}`;
  const headers = Object.fromEntries(
    FORWARDED.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])),
  );
  return new Promise((resolve) => {
    const fail = (): void => {
      if (!response.headersSent)
        response
          .writeHead(502, { 'content-type': 'application/json' })
          .end('{"errors":[{"code":"UNAVAILABLE","message":"the embedded registry broke off"}]}');
      else response.destroy();
      resolve();
    };
    const asked = httpRequest({ socketPath: socket, method: request.method, path, headers: { ...headers, host: 'registry' } }, (answer) => {
      const back = Object.fromEntries(
        RETURNED.flatMap((name) => (answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]])),
      );
      response.writeHead(answer.statusCode ?? 502, back);
      answer.pipe(response);
      answer.once('error', fail);
    });
    asked.once('error', fail);
    response.once('close', () => {
      asked.destroy();
      resolve();
    });
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) asked.destroy(new Error('too large'));
    });
    request.pipe(asked);
  });
}
