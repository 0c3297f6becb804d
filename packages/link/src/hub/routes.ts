import { minutes, SlipwayError } from '@slipway/kit';
import { gatewayPlanSchema } from '@slipway/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LinkStore } from '../link-store.ts';
import type { BlobStore, LinkSubject } from '../ports.ts';
import { joinRequestSchema, type JoinTokenResponse, LINK_LIMITS, LINK_PREFIX, rotateRequestSchema } from '../protocol.ts';
import { statusOf } from '../status.ts';
import type { Credentials } from './credentials.ts';
import type { FactsKeeper } from './facts.ts';
import { blobsOf } from './plans.ts';

export interface LinkRoutesDeps {
  readonly store: LinkStore;
  readonly blobs: BlobStore;
  readonly credentials: Credentials;
  readonly facts: FactsKeeper;
}

/** Join tokens that gateways ask for live this long. */
const GATEWAY_TOKEN_TTL_MS = minutes(30);

/** The HTTPS endpoints of `protocol.ts`. Every one but join knows the sender by its credential only: no uid in a path or body is believed. */
export function linkRoutes(app: FastifyInstance, deps: LinkRoutesDeps): void {
  const authenticated =
    (handler: (subject: LinkSubject, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
      handler(await deps.credentials.authenticate(request.headers), request, reply);

  // A scope of its own: its error handler and its limits do not leak into the hub's API.
  void app.register(
    (scope, _options, done) => {
      scope.setErrorHandler((error, request, reply) => {
        const status = statusOf(error);
        if (status.code >= 500) request.log.error({ err: error }, 'a request of an agent failed');
        if (status.details) void reply.header('retry-after', String(status.details.retryAfterSeconds));
        void reply.code(status.code).send(status);
      });

      scope.post('/join', { bodyLimit: 16 * 1024 }, async (request) => {
        const body = joinRequestSchema.safeParse(request.body);
        if (!body.success) throw new SlipwayError('Invalid', `The join request is not valid: ${body.error.issues[0]?.message}`);
        return deps.credentials.join(body.data);
      });

      scope.post('/credential', { bodyLimit: 16 * 1024 }, async (request, reply) => {
        const body = rotateRequestSchema.safeParse(request.body);
        if (!body.success) throw new SlipwayError('Invalid', 'The request for a new credential is not valid.');
        await deps.credentials.rotate(request.headers, body.data.credential);
        return reply.code(204).send();
      });

      scope.get(
        '/plan',
        authenticated(async (subject, request, reply) => {
          const plan = await deps.store.latestPlan(subject.uid);
          if (!plan) throw new SlipwayError('NotFound', `There is no plan for this ${subject.kind} yet.`);
          const etag = `"${plan.signed.hash}"`;
          void reply.header('etag', etag).header('cache-control', 'no-store');
          if (request.headers['if-none-match'] === etag) return reply.code(304).send();
          return plan.signed;
        }),
      );

      scope.post(
        '/facts',
        // Who it is comes before the body is read: eight megabytes are for known agents only.
        { bodyLimit: LINK_LIMITS.facts, onRequest: async (request) => void (await deps.credentials.authenticate(request.headers)) },
        authenticated(async (subject, request, reply) => {
          await deps.facts.accept(subject, request.body);
          return reply.code(204).send();
        }),
      );

      scope.get<{ Params: { digest: string } }>(
        '/blobs/:digest',
        authenticated(async (subject, request, reply) => {
          const { digest } = request.params as { digest: string };
          const plan = await deps.store.latestPlan(subject.uid);
          const data = plan && blobsOf(plan.signed).has(digest) ? await deps.blobs.get(digest) : undefined;
          if (!data) throw new SlipwayError('NotFound', 'This plan names no such chart.');
          return reply.header('content-type', 'application/gzip').send(data);
        }),
      );

      scope.post(
        '/clusters/:uid/join-token',
        { bodyLimit: 1024 },
        authenticated(async (subject, request): Promise<JoinTokenResponse> => {
          const cluster = await clusterOfGateway(deps.store, subject, (request.params as { uid: string }).uid);
          const issued = await deps.credentials.issueUntil(cluster, GATEWAY_TOKEN_TTL_MS);
          return { token: issued.token, expiresAt: new Date(issued.expiresAt).toISOString() };
        }),
      );
      done();
    },
    { prefix: LINK_PREFIX },
  );
}

async function clusterOfGateway(store: LinkStore, subject: LinkSubject, uid: string): Promise<LinkSubject> {
  const stored = subject.kind === 'gateway' ? await store.latestPlan(subject.uid) : undefined;
  const plan = stored && gatewayPlanSchema.safeParse(JSON.parse(stored.signed.payload));
  const cluster = plan?.success ? plan.data.clusters.find((candidate) => candidate.clusterUid === uid) : undefined;
  if (!cluster) throw new SlipwayError('NotFound', 'The plan of this gateway has no cluster with that uid.');
  return { kind: 'cluster', uid: cluster.clusterUid, name: cluster.name, project: cluster.project };
}
