import type { ServerResponse } from 'node:http';
import { SlipwayError } from '@slipway/kit';
import { GROUP, type ListQuery } from '@slipway/model';
import type { FastifyInstance } from 'fastify';
import { API_PREFIX, principalOf, type RequestGrant, type RouteDeps } from './api.ts';
import { statusOf } from './errors.ts';
import type { ServedKind } from './kind-schema.ts';
import { listQueryOf, queryOf } from './request-options.ts';
import { drained, gather, release, textOf } from './watch-stream.ts';

/** Watches in one answer: more than a page can need, fewer than would be a way around the limit on watches. */
const MOST_PARTS = 24;
const TIMEOUT_MS = 1_800_000;

interface Part {
  readonly served: ServedKind;
  readonly query: ListQuery;
  readonly resourceVersion: string;
}

/**
 * `GET /apis/slipway.dev/v1/watch?of=clusters%3FresourceVersion%3D812&of=namespaces%2Fshop%2Fevents%3FresourceVersion%3D812`: several watches in one answer, for
 * browsers, which hold six connections to a host and no more. Each `of` is the address of a collection below `/apis/slipway.dev/v1/` with the version to go on from, its
 * rights are checked as those of a watch of its own, and it counts as one. A line is `{"of":0,"type":"ADDED","object":{…}}`; a part that ends says so with
 * `{"of":1,"type":"ERROR","object":<Status>}` and the others go on. As with any watch: `410` means list again.
 */
export function multiWatchRoute(scope: FastifyInstance, deps: RouteDeps): void {
  scope.get(`${API_PREFIX}/watch`, async (request, reply) => {
    const principal = principalOf(request);
    const parts = queryOf(request)
      .getAll('of')
      .map((text) => partOf(deps, principal.tenant, text));
    if (parts.length === 0 || parts.length > MOST_PARTS)
      throw new SlipwayError('BadRequest', `Name 1 to ${MOST_PARTS} collections: ?of=clusters%3FresourceVersion%3D812`);
    const response = reply.raw;
    // Each part that waits for a slow reader listens for the end too; nobody has to be warned of that.
    response.setMaxListeners(MOST_PARTS + response.getMaxListeners());
    // One listener for them all: a page may have dozens.
    const counted = parts.map(() => deps.fairness.lasting(principal));
    response.once('close', () => counted.forEach((leave) => leave()));
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const timer = setTimeout(() => closed.abort(), TIMEOUT_MS * (1 + Math.random()));
    request.leaveSeat?.();
    reply.hijack();
    response.setHeader('x-request-id', request.id);
    response.writeHead(200, { 'content-type': 'application/json;stream=watch', 'cache-control': 'no-cache, private' });
    // Says at once that it is open: the first change may be long in coming.
    response.write('\n');
    const follow = async (part: Part, of: number): Promise<void> => {
      let held: ReturnType<RequestGrant['lasting']> | undefined;
      try {
        const { project } = part.query;
        const granted = await deps.grant(principal, { verb: 'watch', group: GROUP, resource: part.served.kind.plural, project });
        held = granted.lasting();
        const signal = AbortSignal.any([closed.signal, deps.stopping, held.signal]);
        for await (const event of granted.store.watch(part.query, part.resourceVersion, signal)) {
          const object =
            event.type === 'BOOKMARK'
              ? `{"metadata":{"resourceVersion":${JSON.stringify(event.resourceVersion)}}}`
              : textOf(part.served.conversion.shown(event.object));
          await send(response, `{"of":${of},"type":"${event.type}","object":${object}}\n`);
        }
        if (held.signal.aborted) throw new SlipwayError('Forbidden', 'Your right to watch this has ended.');
      } catch (error) {
        if (!closed.signal.aborted && !deps.stopping.aborted)
          await send(response, `${JSON.stringify({ of, type: 'ERROR', object: statusOf(error) })}\n`);
      } finally {
        held?.release();
      }
    };
    await Promise.all(parts.map(follow));
    clearTimeout(timer);
    // Before the end: Node would send what is gathered after the last chunk, into the next answer on the connection.
    release(response);
    response.end();
    return reply;
  });
}

async function send(response: ServerResponse, line: string): Promise<void> {
  gather(response);
  if (!response.write(line)) await drained(response);
}

function partOf(deps: RouteDeps, tenant: string, text: string): Part {
  const match = /^(?:namespaces\/([^/?]+)\/)?([a-z]+)(?:\?(.*))?$/.exec(text);
  const served = deps.served.find(({ kind }) => kind.plural === match?.[2]);
  const [, project, , search = ''] = match ?? [];
  if (served === undefined || (project !== undefined && served.kind.scope !== 'project'))
    throw new SlipwayError('BadRequest', `"${text}" is not a collection of ${GROUP}/v1.`, {
      hint: 'Write it like clusters?resourceVersion=812 or namespaces/shop/events?resourceVersion=812.',
    });
  const query = new URLSearchParams(search);
  const resourceVersion = query.get('resourceVersion') ?? '';
  if (!/^[1-9]\d*$/.test(resourceVersion))
    throw new SlipwayError('BadRequest', `"${text}" does not say from which resourceVersion to go on: list first.`);
  query.delete('resourceVersion');
  const { limit: _limit, continue: _continue, ...watched } = listQueryOf(served.kind, { tenant, project }, query);
  return { served, query: watched, resourceVersion };
}
