import { createHmac, timingSafeEqual } from 'node:crypto';
import { createFailures, FAILURE_LIMITS } from '@slipway/api';
import { type Clock, SlipwayError } from '@slipway/kit';
import { networkOf } from '@slipway/kit/network';
import type { ObjectStore } from '@slipway/model';
import type { RegistryRef } from '@slipway/packs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { createRegistryReader } from '../registry-reader.ts';
import { requestSync } from './sync-requests.ts';

export interface WebhookDeps {
  readonly store: ObjectStore;
  readonly registries: ReturnType<typeof createRegistryReader>;
  readonly clock: Clock;
}

/** What a registry or a build has to say is not read, only signed. */
const MAX_BODY = 256 * 1024;
/** How old a signed moment may be. */
const WINDOW_MS = 5 * 60_000;
/** Calls that were taken, so that none is taken twice. Those without a moment are remembered as long as there is room. */
const REMEMBERED = 10_000;

/**
 * `POST /webhooks/registries/<tenant>/[<project>/]<registry>`: whoever knows the secret of the registry has its catalogue read anew. Signed as
 * `x-slipway-signature: t=<seconds>,v1=<hex of HMAC-SHA256 over "<seconds>.<body>">`, or as GitHub does it (`x-hub-signature-256`). Every other call, also to what is
 * not there, gets one and the same answer.
 */
export function webhookRoutes(app: FastifyInstance<any, any, any, any>, deps: WebhookDeps): void {
  const failures = createFailures({ ...FAILURE_LIMITS, burst: 20, perSecond: 2 });
  const taken = new Set<string>();

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { tenant, project, name } = request.params as { tenant: string; project?: string; name: string };
    const ref: RegistryRef = { tenant, project, name };
    const spec = await deps.registries.get(ref).catch(() => undefined);
    const secret = spec !== undefined && 'webhook' in spec ? spec.webhook?.secret : undefined;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    // Without a secret the same work is done: nobody learns from the time which registries there are.
    const signature = signatureOf(request, body, { secret: secret ?? '-', now: deps.clock.now() });
    const key = `${tenant}/${project ?? ''}/${name}/${signature}`;
    if (secret === undefined || signature === undefined || taken.has(key)) {
      await failures.failed(networkOf(request.ip));
      return reply.code(401).send({ message: 'this call is not signed as it has to be' });
    }
    taken.add(key);
    const [oldest] = taken;
    if (taken.size > REMEMBERED && oldest !== undefined) taken.delete(oldest);
    await requestSync(deps.store, ref, new Date(deps.clock.now()).toISOString());
    return reply.code(202).send({ message: 'the catalogue is read anew' });
  };

  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, parsed) => parsed(null, body));
    scope.setErrorHandler((error, _request, reply) => {
      const status =
        error instanceof SlipwayError && error.code === 'TooManyRequests' ? 429 : ((error as { statusCode?: number }).statusCode ?? 500);
      void reply
        .code(status)
        .send({ message: status === 413 ? 'the body is too large' : status === 429 ? 'too many calls' : 'it did not work' });
    });
    for (const url of ['/webhooks/registries/:tenant/:name', '/webhooks/registries/:tenant/:project/:name'])
      scope.route({ method: 'POST', url, handler: handle, bodyLimit: MAX_BODY });
    done();
  });
}

/** What makes a call that call, when it is signed with the secret. */
function signatureOf(request: FastifyRequest, body: Buffer, { secret, now }: { secret: string; now: number }): string | undefined {
  const own = String(request.headers['x-slipway-signature'] ?? '');
  const [, seconds, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(own) ?? [];
  if (seconds !== undefined && hex !== undefined) {
    const fresh = Math.abs(now - Number(seconds) * 1000) <= WINDOW_MS;
    return equal(hex, secret, Buffer.concat([Buffer.from(`${seconds}.`), body])) && fresh ? own : undefined;
  }
  const [, github] = /^sha256=([0-9a-f]{64})$/.exec(String(request.headers['x-hub-signature-256'] ?? '')) ?? [];
  // The same delivery again has the same id; a body alone may well come twice.
  const delivery = String(request.headers['x-github-delivery'] ?? '').slice(0, 100);
  return github !== undefined && equal(github, secret, body) ? `${github} ${delivery}` : undefined;
}

const equal = (hex: string, secret: string, signed: Buffer): boolean =>
  timingSafeEqual(Buffer.from(hex, 'hex'), createHmac('sha256', secret).update(signed).digest());
