import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Logger, messageOf, SlipwayError } from '@slipway/kit';
import { GROUP_HEADER, IDENTITY_PREFIX, TUNNEL_K8S_PREFIX, USER_HEADER } from '../protocol.ts';
import { distinctHeaders, forwardableHeaders, returnableHeaders, safePath } from '../proxy-headers.ts';
import { relay, splice } from '../splice.ts';
import { statusOf } from '../status.ts';
import type { TunnelSource } from './tunnels.ts';
import { refuseUpgrade } from './upgrades.ts';

/** Who asks, and which cluster; both decided by the hub before. */
export interface ProxyTarget {
  /** Names and groups as the hub knows them; they get the prefix `slipway:` here. */
  readonly principal: { readonly name: string; readonly groups: readonly string[] };
  readonly cluster: { readonly uid: string; readonly name: string };
}

export interface ClusterProxyDeps {
  readonly tunnels: TunnelSource;
  readonly logger: Logger;
}

/** `clusters/<name>/proxy/*`: sends a request through the tunnel to the cluster's API server as the caller. Never rejects: failures become a `metav1.Status`. */
export interface ClusterProxy {
  raw(target: ProxyTarget, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** HTTP/1.1 upgrades: exec, attach, port-forward over SPDY or WebSocket. */
  upgrade(target: ProxyTarget, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

export function createClusterProxy(deps: ClusterProxyDeps): ClusterProxy {
  return {
    raw: async (target, request, response) => {
      try {
        await forward(deps, target, request, response);
      } catch (error) {
        fail(deps, target, error, response);
      }
    },
    upgrade: async (target, request, socket, head) => {
      socket.on('error', () => socket.destroy());
      try {
        await forwardUpgrade(deps, target, { request, socket, head });
      } catch (error) {
        const status = statusOf(asUnavailable(error, target));
        deps.logger.debug({ err: error, cluster: target.cluster.uid }, 'an upgrade to a cluster failed');
        refuseUpgrade(socket, status.code, JSON.stringify(status), 'application/json');
      }
    },
  };
}

async function forward(deps: ClusterProxyDeps, target: ProxyTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathBehindProxy(request.url ?? '');
  const method = request.method ?? 'GET';
  const bodyless = request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
  const stream = await deps.tunnels.request(
    target.cluster,
    {
      ...forwardableHeaders(distinctHeaders(request)),
      ...identity(target),
      ':method': method,
      ':path': `${TUNNEL_K8S_PREFIX}${path}`,
    },
    { endStream: bodyless, unwanted: goneWith(response, () => response.writableFinished) },
  );
  const answered = answer(stream);
  if (!bodyless) sendBody(request, stream);
  const headers = await answered;
  response.writeHead(Number(headers[':status']), returnableHeaders(headers));
  response.flushHeaders();
  await relay(stream, response, () => response.destroy());
}

/** Aborted when the client's side closes: kubectl get -w ends by closing its connection, and what runs for it inside the cluster must end too. */
function goneWith(client: ServerResponse | Duplex, isDone = () => false): AbortSignal {
  const gone = new AbortController();
  // It may have gone already: while the agent dialled, or because its right ended.
  if (client.destroyed) gone.abort();
  else client.once('close', () => isDone() || gone.abort());
  return gone.signal;
}

/** When the API server answers early (413, 401) and ends the stream, the request must live on until its answer is through: what is left of its body is read and dropped. */
function sendBody(request: IncomingMessage, stream: ClientHttp2Stream): void {
  void relay(request, stream, () => stream.close(constants.NGHTTP2_CANCEL));
  stream.once('close', () => request.resume());
}

async function forwardUpgrade(
  deps: ClusterProxyDeps,
  target: ProxyTarget,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  const path = pathBehindProxy(request.url ?? '');
  const stream = await deps.tunnels.request(
    target.cluster,
    {
      ...forwardableHeaders(distinctHeaders(request)),
      ...identity(target),
      ':method': 'CONNECT',
      ':protocol': 'upgrade',
      ':scheme': 'http',
      ':authority': 'agent',
      ':path': `${TUNNEL_K8S_PREFIX}${path}`,
      'x-slipway-method': request.method ?? 'GET',
      'x-slipway-upgrade': request.headers.upgrade ?? '',
    },
    { unwanted: goneWith(socket) },
  );
  const headers = await answer(stream);
  if (Number(headers[':status']) !== 200 || headers['x-up-upgrade'] === undefined) return passRefusal(headers, stream, socket);
  const lines = Object.entries(headers).flatMap(([name, value]) => (name.startsWith('x-up-') ? line(name.slice(5), value) : []));
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n${lines.join('')}\r\n`);
  if (head.length > 0) stream.write(head);
  await splice(socket, stream);
}

/** The API server said no to an upgrade: its answer, with its body, goes to the client. */
async function passRefusal(headers: IncomingHttpHeaders, stream: ClientHttp2Stream, socket: Duplex): Promise<void> {
  const lines = Object.entries(returnableHeaders(headers)).flatMap(([name, value]) =>
    name === 'content-length' || value === undefined ? [] : line(name, typeof value === 'number' ? String(value) : value),
  );
  socket.write(`HTTP/1.1 ${headers[':status'] ?? 502} Refused\r\n${lines.join('')}connection: close\r\n\r\n`);
  stream.end();
  await relay(stream, socket, () => socket.destroy());
}

const line = (name: string, value: string | readonly string[] | undefined): string[] =>
  (Array.isArray(value) ? (value as readonly string[]) : [String(value)]).map((one) => `${name}: ${one}\r\n`);

function answer(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
    stream.once('close', () =>
      reject(new SlipwayError('Unavailable', 'The tunnel to the cluster closed before it answered.', { retryAfter: 1 })),
    );
  });
}

function identity({ principal }: ProxyTarget): OutgoingHttpHeaders {
  const groups = principal.groups.map((group) => `${IDENTITY_PREFIX}${group}`);
  // They travel in headers, groups as a comma separated list: a name that could end or split one is refused.
  if ([principal.name, ...principal.groups].some((name) => !/^[\x21-\x2b\x2d-\x7e]+$/.test(name))) {
    throw new SlipwayError(
      'Forbidden',
      'A user or group whose name holds spaces, commas or characters outside ASCII cannot be known inside a cluster.',
    );
  }
  return { [USER_HEADER]: `${IDENTITY_PREFIX}${principal.name}`, ...(groups.length > 0 ? { [GROUP_HEADER]: groups.join(',') } : {}) };
}

/** `/apis/slipway.dev/v1/namespaces/p/clusters/c/proxy/api/v1/pods?x=y` → `/api/v1/pods?x=y`, undecoded. */
export function pathBehindProxy(url: string): string {
  const match = /^(?:\/tenants\/[^/?]+)?\/apis\/[^/?]+\/[^/?]+\/namespaces\/[^/?]+\/clusters\/[^/?]+\/proxy(\/[^]*|\?[^]*)?$/.exec(url);
  if (!match) throw new SlipwayError('NotFound', 'This is not a path below a cluster’s proxy.');
  const rest = match[1] ?? '/';
  return safePath(rest.startsWith('/') ? rest : `/${rest}`);
}

function asUnavailable(error: unknown, target: ProxyTarget): SlipwayError {
  if (error instanceof SlipwayError) return error;
  return new SlipwayError('Unavailable', `The tunnel to cluster ${target.cluster.name} failed: ${messageOf(error)}.`, {
    cause: error,
    retryAfter: 1,
  });
}

function fail(deps: ClusterProxyDeps, target: ProxyTarget, error: unknown, response: ServerResponse): void {
  deps.logger.debug({ err: error, cluster: target.cluster.uid }, 'a request to a cluster failed');
  // Half an answer cannot be taken back: breaking the connection is the only way to say that it is not whole.
  if (response.headersSent || response.destroyed) return void response.destroy();
  const status = statusOf(asUnavailable(error, target));
  const body = JSON.stringify(status);
  response.writeHead(status.code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(status.details ? { 'retry-after': String(status.details.retryAfterSeconds) } : {}),
  });
  response.end(body);
}
