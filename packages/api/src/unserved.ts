import { SlipwayError } from '@slipway/kit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { statusOf } from './errors.ts';

/**
 * What no route serves is answered with a Status: 404, or 405 with `Allow` where the address is served for other methods. Before any route is added.
 *
 * In `onRequest`, because the framework would otherwise look at the body first and complain about the content type of a request that nothing takes.
 */
export function answerUnserved(app: FastifyInstance): void {
  const { ignoreTrailingSlash = false, maxParamLength = 100 } = app.initialConfig.routerOptions ?? {};
  const router = findMyWay({ ignoreTrailingSlash, maxParamLength });
  const methods = new Set<HTTPMethod>();
  const pathOf = ({ raw }: FastifyRequest): string => (raw.url ?? '/').split('?')[0] as string;
  const allowed = (path: string): readonly string[] => [...methods].filter((method) => router.find(method, path) !== null).toSorted();
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.refused !== undefined) return;
    for (const served of [method].flat() as HTTPMethod[]) {
      methods.add(served);
      if (router.findRoute(served, url) === null) router.on(served, url, () => undefined);
    }
  });
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return;
    const path = pathOf(request);
    if (allowed(path).length > 0)
      throw new SlipwayError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    throw new SlipwayError('NotFound', `the server could not find the requested resource: ${request.method} ${path}`);
  });
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 405) void reply.header('allow', allowed(pathOf(request)).join(', '));
  });
  app.setErrorHandler(answerFrameworkError);
}

/** Errors outside every scope that has words of its own. */
export function answerFrameworkError(error: FastifyError | SlipwayError | Error, _request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(error);
  void reply.code(status.code).type('application/json').send(status);
}
