import type { IncomingMessage } from 'node:http';

const tenants = new WeakMap<IncomingMessage, string>();

/**
 * `/tenants/acme/apis/…` means `/apis/…` of the tenant `acme`. The prefix is taken off before routing, so that every route, discovery and OpenAPI are there below
 * it without a second definition. For `rewriteUrl` of the HTTP application, and for upgrades.
 */
export function takeTenant(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const match = /^\/tenants\/([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\/(?:apis?|openapi|version)(?:[/?][^]*)?)$/.exec(url);
  if (!match) return url;
  tenants.set(request, match[1] as string);
  request.url = match[3] as string;
  return request.url;
}

/** The tenant that the address named, if it named one. */
export const addressedTenant = (request: IncomingMessage): string | undefined => tenants.get(request);
