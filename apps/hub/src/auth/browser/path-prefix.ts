import type { FastifyInstance } from 'fastify';

/** The path that people reach the hub below, of `SLIPWAY_PUBLIC_URL`: `/slipway`, or nothing. */
export const pathPrefixOf = (publicUrl: string | undefined): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');

/** Places of the hub itself in its own pages; what others wrote there is escaped, so it cannot look like one. */
const PLACES = /(href="|action="|content="0; url=)(?=\/(?:auth|console)\/)/g;
const OWN = /^\/(?:auth|console)\//;

/**
 * The hub's own pages name its places from its root, and the proxy that puts it below a path takes that path away from requests: here it is added to what browsers go to. A
 * place to come back to was named by a page of a browser, so it has the path already.
 */
export function belowPrefix(scope: FastifyInstance<any, any, any, any>, publicUrl: string | undefined): void {
  const prefix = pathPrefixOf(publicUrl);
  if (prefix === '') return;
  scope.addHook('onSend', async (_request, reply, payload) => {
    const to = reply.getHeader('location');
    if (typeof to === 'string' && OWN.test(to)) void reply.header('location', `${prefix}${to}`);
    const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html');
    return isPage && typeof payload === 'string' ? payload.replaceAll(PLACES, `$1${prefix}`) : payload;
  });
}
