import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SlipwayError } from '@slipway/kit';
import { GROUP, type Kind, type Principal } from '@slipway/model';
import { API_PREFIX, type RouteDeps, verbOf } from './api.ts';
import { statusOf } from './errors.ts';
import { guarded } from './guards.ts';
import type { Subresource } from './ports.ts';
import { stillHolds } from './still-holds.ts';

export interface UpgradeDeps extends Pick<RouteDeps, 'grant' | 'fairness'> {
  readonly kinds: readonly Kind[];
  readonly subresources: readonly Subresource[];
  /** The caller, acting in the tenant that the address names. */
  readonly authenticated: (request: IncomingMessage, address: string) => Promise<Principal>;
}

/** Hands an upgrade (exec, attach, port-forward) to the subresource it is for, and ends the connection with the caller's right to it. */
export function createUpgrades({ kinds, subresources, authenticated, grant, fairness }: UpgradeDeps) {
  const found = ({ plural, subresource }: UpgradePath) =>
    subresources.find((one) => one.name === subresource && kinds.find(({ kind }) => kind === one.kind)?.plural === plural);
  return async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const path = upgradePath(request, API_PREFIX);
    const subresource = path === undefined ? undefined : found(path);
    if (path === undefined || subresource === undefined || !('raw' in subresource) || subresource.upgrade === undefined)
      throw new SlipwayError('NotFound', 'Nothing here can be upgraded to another protocol.');
    const principal = await authenticated(request, request.socket.remoteAddress ?? '');
    const { project, name, plural } = path;
    const method = request.method ?? 'GET';
    const access = { verb: verbOf(method), group: GROUP, resource: plural, subresource: path.subresource, project, name };
    const { store, lasting } = await grant(principal, access);
    const { tenant } = principal;
    const object = await store.get({ tenant, kind: subresource.kind, project, name });
    if (object === undefined) throw new SlipwayError('NotFound', `${plural}.${GROUP} "${name}" not found`);
    const acting = await guarded('as whom the cluster is asked', subresource.actsAs(principal, object));
    const query = new URL(request.url ?? '/', 'http://hub').searchParams;
    // Whoever went away meanwhile would otherwise be counted, and looked after, for ever.
    if (socket.destroyed) return;
    socket.once('close', fairness.lasting(principal));
    const { signal: ended, release } = lasting(stillHolds(subresource, object, acting));
    ended.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('close', release);
    const who = { principal, acting, ended, store, tenant };
    await subresource.upgrade({ ...who, project, name, object, method, query, headers: request.headers }, { request, socket, head });
  };
}

/** Answers an upgrade request with an error as an ordinary HTTP response, and closes. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = statusOf(error);
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export interface UpgradePath {
  readonly project: string | undefined;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
}

/** The parts of an address below an object; undefined when it is none of ours. Encoded characters other than in names never match a name. */
export function upgradePath(request: IncomingMessage, prefix: string): UpgradePath | undefined {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const match = /^(?:namespaces\/([^/]+)\/)?([a-z]+)\/([^/]+)\/([a-z]+)(?:\/|$)/.exec(path.slice(prefix.length + 1));
  if (!match) return undefined;
  return { project: match[1], plural: match[2] as string, name: match[3] as string, subresource: match[4] as string };
}
