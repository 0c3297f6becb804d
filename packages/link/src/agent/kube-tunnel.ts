import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders as Http1Headers } from 'node:http';
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Agent, request, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Logger, messageOf, silentLogger, SlipwayError } from '@slipway/kit';
import { GROUP_HEADER, IDENTITY_PREFIX, TUNNEL_K8S_PREFIX, USER_HEADER } from '../protocol.ts';
import { distinctHeaders, forwardableHeaders, type HeaderBag, returnableHeaders, safePath } from '../proxy-headers.ts';
import { relay, splice } from '../splice.ts';
import { statusOf } from '../status.ts';
import type { TunnelHandler } from './tunnel-server.ts';

/** The API server beside this agent; a `KubeConnection` of @slipway/kube fits. */
export interface ApiServerConnection {
  /** `https://host:port` */
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | (() => Promise<string>) | undefined;
}

/** Short requests share this many connections; watches and followed logs have their own, so that they never use the pool up. */
const POOL = 64;

/**
 * Answers the tunnel's `/k8s/…` requests by the API server, with the agent's own credentials and the caller impersonated. The agent's role in the
 * cluster must allow `impersonate` on users and groups. A request without a caller, or for a name that is not `slipway:…`, is refused.
 */
export function createKubeTunnelHandler(connection: ApiServerConnection, logger: Logger = silentLogger): TunnelHandler {
  const tls = { ca: connection.ca, cert: connection.cert, key: connection.key };
  const short = new Agent({ ...tls, keepAlive: true, maxSockets: POOL });
  const long = new Agent({ ...tls, keepAlive: false });

  const send = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const upgrade = headers[':method'] === 'CONNECT';
    const path = pathOf(headers[':path'] ?? '');
    const token = typeof connection.token === 'function' ? await connection.token() : connection.token;
    const outgoingHeaders: Http1Headers = {
      ...forwardableHeaders(headers as HeaderBag),
      ...impersonation(headers),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    if (stream.destroyed) return;
    // Without either, Node would send the body of a DELETE with no framing at all.
    if (!upgrade && !stream.endAfterHeaders && outgoingHeaders['content-length'] === undefined)
      outgoingHeaders['transfer-encoding'] = 'chunked';
    const options: RequestOptions = { headers: outgoingHeaders, agent: upgrade || isLong(path) ? long : short };
    const url = `${connection.server.replace(/\/+$/, '')}${path}`;
    if (upgrade) return forwardUpgrade(stream, headers, url, options);
    await forward(stream, request(url, { ...options, method: headers[':method'] ?? 'GET' }));
  };

  return (stream, headers) => {
    send(stream, headers).catch((error: unknown) => {
      logger.debug({ err: error }, 'a request of the tunnel failed');
      answerError(stream, error);
    });
  };
}

function pathOf(path: string): string {
  if (!path.startsWith(`${TUNNEL_K8S_PREFIX}/`)) throw new SlipwayError('NotFound', 'The agent serves nothing at this path.');
  return safePath(path.slice(TUNNEL_K8S_PREFIX.length));
}

const isLong = (path: string): boolean => /[?&](watch|follow)=(1|true)?(&|$)|\/watch\//i.test(path);

function impersonation(headers: IncomingHttpHeaders): Http1Headers {
  const user = headers[USER_HEADER];
  if (typeof user !== 'string' || !isOurs(user)) throw new SlipwayError('Forbidden', 'The request names no Slipway user.');
  const list = headers[GROUP_HEADER];
  const groups = typeof list === 'string' && list !== '' ? list.split(',') : [];
  if (!groups.every(isOurs)) throw new SlipwayError('Forbidden', 'The request names a group that is not Slipway’s.');
  return { 'impersonate-user': user, ...(groups.length > 0 ? { 'impersonate-group': groups } : {}) };
}

/** Only names below our prefix: neither `system:masters` nor `slipway:system:…`, nor a user of the cluster's own. */
const isOurs = (name: string): boolean =>
  name.startsWith(IDENTITY_PREFIX) && name.length > IDENTITY_PREFIX.length && !name.slice(IDENTITY_PREFIX.length).startsWith('system:');

async function forward(stream: ServerHttp2Stream, outgoing: ClientRequest): Promise<void> {
  stream.once('close', () => outgoing.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  // An answer may come before the body is through. When the body breaks off, so does the request, which `answered` sees.
  void relay(stream, outgoing, () => outgoing.destroy());
  const answer = await answered;
  stream.respond({ ':status': answer.statusCode ?? 502, ...returnableHeaders(distinctHeaders(answer)) });
  await relay(answer, stream, () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  // Answered before the body was through: nobody wants the rest.
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

function forwardUpgrade(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, url: string, options: RequestOptions): Promise<void> {
  const protocol = headers['x-slipway-upgrade'];
  const method = headers['x-slipway-method'];
  if (headers[':protocol'] !== 'upgrade' || typeof protocol !== 'string' || !/^(SPDY\/3\.1|websocket)$/i.test(protocol)) {
    throw new SlipwayError('BadRequest', 'Only upgrades to SPDY/3.1 and websocket are passed on.');
  }
  const outgoing = request(url, {
    ...options,
    method: method === 'POST' ? 'POST' : 'GET',
    headers: { ...(options.headers as Http1Headers), ...streamProtocols(headers), connection: 'Upgrade', upgrade: protocol },
  });
  stream.once('close', () => outgoing.destroy());
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('upgrade', (answer, socket, head) => {
      resolve(carry(stream, answer, { socket, head }));
    });
    outgoing.once('response', (answer) => {
      stream.respond({ ':status': answer.statusCode ?? 502, ...returnableHeaders(distinctHeaders(answer)) });
      resolve(relay(answer, stream, () => stream.close(constants.NGHTTP2_INTERNAL_ERROR)));
    });
    outgoing.end();
  });
}

/** HTTP/2 joined what kubectl sent as one header per version, and API servers before 1.31 do not split it again. */
function streamProtocols(headers: IncomingHttpHeaders): Http1Headers {
  const joined = headers['x-stream-protocol-version'];
  return typeof joined === 'string' ? { 'x-stream-protocol-version': joined.split(',').map((version) => version.trim()) } : {};
}

async function carry(
  stream: ServerHttp2Stream,
  answer: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  if (stream.destroyed) return void socket.destroy();
  const prefixed: OutgoingHttpHeaders = { ':status': 200 };
  for (const [name, value] of Object.entries(distinctHeaders(answer))) {
    if (name !== 'connection' && name !== 'set-cookie' && value !== undefined) prefixed[`x-up-${name}`] = value;
  }
  stream.respond(prefixed);
  if (head.length > 0) stream.write(head);
  await splice(stream, socket);
}

function answerError(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.headersSent) return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  const known =
    error instanceof SlipwayError
      ? error
      : new SlipwayError('Unavailable', `The agent cannot reach its API server: ${messageOf(error)}.`, { cause: error });
  const status = statusOf(known);
  stream.respond({ ':status': status.code, 'content-type': 'application/json' });
  stream.end(JSON.stringify(status));
}
