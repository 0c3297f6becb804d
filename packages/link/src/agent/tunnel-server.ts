import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { type Logger, seconds } from '@slipway/kit';
import { createWebSocketStream, type WebSocket } from 'ws';
import { LINK_LIMITS } from '../protocol.ts';

/** Answers one request of the tunnel. Owns the stream from then on. */
export type TunnelHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Serves HTTP/2 on a WebSocket that this side dialled, until it closes or the signal aborts. */
export function serveTunnel(socket: WebSocket, handler: TunnelHandler, logger: Logger, signal: AbortSignal): void {
  const stop = () => socket.terminate();
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  socket.on('error', (error) => logger.warn({ err: error }, 'a tunnel could not be opened'));
  socket.once('open', () => {
    const duplex = createWebSocketStream(socket, { highWaterMark: 256 * 1024 });
    const session = performServerHandshake(duplex, {
      maxSessionMemory: LINK_LIMITS.tunnelSessionMemoryMiB,
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: LINK_LIMITS.tunnelStreams,
        initialWindowSize: 1024 * 1024,
      },
    });
    session.setLocalWindowSize(SESSION_WINDOW);
    session.on('error', (error) => logger.debug({ err: error }, 'tunnel failed'));
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      handler(stream, headers);
    });
    duplex.on('error', () => session.destroy());
    let unanswered = 0;
    const pinger = setInterval(() => {
      if (unanswered >= 2 || session.destroyed) return session.destroy();
      unanswered += 1;
      session.ping((error) => {
        if (!error) unanswered = 0;
      });
    }, seconds(15));
    session.once('close', () => {
      clearInterval(pinger);
      duplex.destroy();
      socket.terminate();
    });
    socket.once('close', () => session.destroy());
  });
}

const SESSION_WINDOW = 64 * 1024 * 1024;
