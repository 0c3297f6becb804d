import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createCa, issueCertificate } from '@slipway/kit';
import { WebSocketServer } from 'ws';

/** Stands where a cluster's API server does, for what lasts. */
export interface StreamingApi {
  readonly url: string;
  readonly ca: string;
  /** What is open here now: the `id` of each request's query. */
  readonly open: ReadonlySet<string>;
  /** Groups that were impersonated, by the `id` of the request. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  stop(): Promise<void>;
}

const TICK_MS = 50;

/**
 * An HTTPS server that takes WebSocket and SPDY upgrades (what comes is sent back), and answers everything else with lines without end, as a watch or a followed log; a body is
 * read for as long as it comes. What the real API server says is tested elsewhere; here it counts what is open and when it ends.
 */
export async function startStreamingApi(): Promise<StreamingApi> {
  const ca = await createCa('streaming api');
  const certificate = await issueCertificate(ca, { commonName: 'api', ipAddresses: ['127.0.0.1'], usage: 'server' });
  const open = new Set<string>();
  const groups = new Map<string, readonly string[]>();
  const sockets = new Set<Socket>();
  const webSockets = new WebSocketServer({ noServer: true });
  const opened = (request: IncomingMessage, closing: { once(event: 'close', then: () => void): unknown }) => {
    const id = new URL(request.url ?? '/', 'https://api').searchParams.get('id');
    if (id === null) return;
    open.add(id);
    groups.set(id, request.headersDistinct['impersonate-group'] ?? []);
    closing.once('close', () => open.delete(id));
  };
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    if (!request.url?.includes('id=')) return void response.end('{}');
    opened(request, response);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    const ticking = setInterval(() => response.write('{"tick":true}\n'), TICK_MS);
    response.once('close', () => clearInterval(ticking));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    opened(request, socket);
    socket.on('error', () => socket.destroy());
    if (request.headers.upgrade === 'websocket')
      return webSockets.handleUpgrade(request, socket, head, (peer) =>
        peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })),
      );
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\n`);
    socket.pipe(socket);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: ca.cert,
    open,
    groups,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
