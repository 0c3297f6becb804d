import { SlipwayError } from '@slipway/kit';
import { GROUP } from '@slipway/model';
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { API_PREFIX, grantOf, principalOf, type RouteDeps, verbOf } from './api.ts';
import { guarded } from './guards.ts';
import type { Subresource, SubresourceContext } from './ports.ts';
import { queryOf } from './request-options.ts';
import { stillHolds } from './still-holds.ts';

/** Of answers that do not last. */
const NEVER = new AbortController().signal;

/** The routes of one subresource; raw ones also take everything below, bodies unread. */
export function subresourceRoutes(scope: FastifyInstance, deps: RouteDeps, subresource: Subresource, prefix = API_PREFIX): void {
  const kind = deps.kinds.find((candidate) => candidate.kind === subresource.kind);
  if (kind === undefined) throw new SlipwayError('Internal', `Subresource ${subresource.name} is of the unknown kind ${subresource.kind}.`);
  const path = `${prefix}/${kind.scope === 'project' ? 'namespaces/:project/' : ''}${kind.plural}/:name/${subresource.name}`;
  const route = (method: HTTPMethods) => ({
    method,
    config: { access: { verb: verbOf(method), group: GROUP, resource: kind.plural, subresource: subresource.name } },
  });
  const contextOf = async (request: FastifyRequest, ended: AbortSignal): Promise<SubresourceContext> => {
    const { principal, store, limited } = grantOf(request);
    const { project, name } = request.params as { project?: string; name: string };
    const object = await store.get({ tenant: principal.tenant, kind: kind.kind, project, name });
    // Whoever sees some objects only must not learn from this which names are taken by others.
    if (object === undefined && (limited || !subresource.objectMayBeMissing))
      throw new SlipwayError('NotFound', `${kind.plural}.${GROUP} "${name}" not found`);
    const known = object as SubresourceContext['object'];
    return {
      principal,
      ended,
      store,
      tenant: principal.tenant,
      project,
      name,
      object: known,
      method: request.method,
      query: queryOf(request),
      headers: request.headers,
      body: request.body,
    };
  };
  if (!('raw' in subresource)) {
    for (const method of subresource.methods) {
      scope.route({
        ...route(method),
        url: path,
        handler: async (request, reply) => {
          const result = await subresource.handle(await contextOf(request, NEVER));
          if (!('answer' in result)) return result;
          const { contentType, text } = result.answer as { contentType: string; text: string };
          return reply.type(contentType).send(text);
        },
      });
    }
    return;
  }
  void scope.register((inner, _options, done) => {
    inner.removeAllContentTypeParsers();
    inner.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const url of [path, `${path}/*`]) {
      for (const method of subresource.methods) {
        inner.route({
          ...route(method),
          url,
          handler: async (request, reply) => {
            const found = await contextOf(request, NEVER);
            const acting = await guarded('as whom the cluster is asked', subresource.actsAs(found.principal, found.object));
            if (reply.raw.destroyed) return reply.hijack();
            reply.raw.once('close', deps.fairness.lasting(principalOf(request)));
            const { signal: ended, release } = grantOf(request).lasting(stillHolds(subresource, found.object, acting));
            reply.raw.once('close', release);
            const context = { ...found, acting, ended };
            ended.addEventListener('abort', () => reply.raw.destroy(), { once: true });
            request.leaveSeat?.();
            reply.hijack();
            await subresource.raw(context, request.raw, reply.raw);
            return reply;
          },
        });
      }
    }
    done();
  });
}
