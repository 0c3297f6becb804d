import { randomUUID } from 'node:crypto';
import { answerFrameworkError, answerUnserved, takeTenant } from '@slipway/api';
import type { Logger } from '@slipway/kit';
import fastify, { type FastifyInstance } from 'fastify';

const SECURITY_HEADERS = [
  ['x-content-type-options', 'nosniff'],
  ['strict-transport-security', 'max-age=31536000'],
  ['content-security-policy', "sandbox; default-src 'none'; frame-ancestors 'none'"],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
] as const;

/** The HTTP application: request ids, one log line per request without headers, query or body, and a Status for what no route serves. */
export function createApp(logger: Logger, trusted: readonly string[] = []): FastifyInstance {
  const app = fastify({
    logger: false,
    trustProxy: trusted.length === 0 ? false : [...trusted],
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    rewriteUrl: takeTenant,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      for (const [name, value] of SECURITY_HEADERS) reply.raw.setHeader(name, value);
      answerFrameworkError(error, request, reply);
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    // On the raw answer, so that watches and what comes through a tunnel have them too: a page of a cluster must not act as the hub's own.
    for (const [name, value] of SECURITY_HEADERS) reply.raw.setHeader(name, value);
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const path = request.raw.url?.split('?')[0];
    const fields = { requestId: request.id, method: request.method, path, status: reply.raw.statusCode, ms: Math.round(reply.elapsedTime) };
    if (request.method === 'GET' || request.method === 'HEAD') logger.debug(fields, 'request');
    else logger.info(fields, 'request');
  });
  answerUnserved(app);
  return app;
}
