import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isOwnOrigin } from '@slipway/identity';
import { type KeyPairPem, type Logger, sleep, SlipwayError } from '@slipway/kit';

import { createSlowReaders, SLOW_READER_LIMITS, type SlowReaderLimits } from './slow-readers.ts';
import { createStrangers } from './strangers.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1`, `127.0.0.1:7443`, `[::1]:7443`. */
export function parseListen(text: string, port: number): ListenAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:]+))(?::(\d{1,5}))?$/i.exec(text);
  const number = match?.[3] === undefined ? port : Number(match[3]);
  if (match && number <= 65_535) return { host: (match[1] ?? match[2]) as string, port: number };
  throw new SlipwayError('BadRequest', `--listen ${text} is not host or host:port.`);
}

export interface ListenersOptions {
  readonly certificate: KeyPairPem;
  readonly handler: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly logger: Logger;
  readonly limits?: Partial<ConnectionLimits>;
}

/** How long a connection may take before it has said something; milliseconds. Who opens many and says nothing is sent away before they add up. */
export interface ConnectionLimits {
  /** From the connection to the end of the TLS handshake. */
  readonly handshake: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** To the end of its body. Upgraded connections and answers take as long as they take. */
  readonly request: number;
  /** Connections that have not shown whose they are. */
  readonly strangers: number;
  readonly readers: SlowReaderLimits;
  /** How often it is looked how much waits for them. */
  readonly sweep: number;
}

const LIMITS: ConnectionLimits = {
  handshake: 10_000,
  headers: 20_000,
  request: 300_000,
  strangers: 1500,
  readers: SLOW_READER_LIMITS,
  sweep: 1000,
};

/** HTTPS on several addresses with one handler. */
export function createListeners(options: ListenersOptions) {
  const servers: Server[] = [];
  const limits = { ...LIMITS, ...options.limits };
  const strangers = createStrangers(limits.strangers);
  const readers = createSlowReaders(limits.readers);
  /** Node's list of connections has those that have spoken HTTP; these are all, also those that are still shaking hands or were upgraded. */
  const connections = new Set<Socket>();
  const sweeping = setInterval(() => readers.sweep(), limits.sweep);
  const listenOnce = (address: ListenAddress): Promise<ListenAddress> =>
    new Promise((resolve, reject) => {
      const server = createServer(
        {
          cert: options.certificate.cert,
          key: options.certificate.key,
          minVersion: 'TLSv1.2',
          keepAliveTimeout: 75_000,
          handshakeTimeout: limits.handshake,
          headersTimeout: limits.headers,
          requestTimeout: limits.request,
          connectionsCheckingInterval: Math.min(5000, limits.headers / 2),
        },
        (request, response) => {
          readers.bound(response);
          options.handler(request, response);
        },
      );
      server.on('connection', (socket: Socket) => {
        strangers.add(socket);
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
      });
      server.on('secureConnection', (socket) => readers.watch(socket));
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        // Who may not upgrade is sent away at once.
        strangers.prove(request.socket);
        if (isOwnPage(request)) return options.onUpgrade(request, socket, head);
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      });
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port }, () => {
        server.off('error', reject);
        server.on('error', (error) => options.logger.error({ err: error, ...address }, 'a listener failed'));
        servers.push(server);
        resolve({ host: address.host, port: (server.address() as AddressInfo).port });
      });
    });
  return {
    /** This connection has shown whose it is. */
    prove: (socket: Socket): void => strangers.prove(socket),
    /** Listens on every address. One that this host does not have yet (a bridge that is still to be made) is tried again in the background; all others must work. */
    async listen(addresses: readonly ListenAddress[], signal: AbortSignal): Promise<ListenAddress[]> {
      const bound: ListenAddress[] = [];
      for (const address of addresses) {
        try {
          bound.push(await listenOnce(address));
        } catch (error) {
          if (!isMissingAddress(error)) throw explained(error, address);
          options.logger.info({ ...address }, 'this address is not there yet, trying again');
          void keepTrying(address, signal);
        }
      }
      if (bound.length === 0)
        throw new SlipwayError('Host', `None of the addresses to listen on exists: ${addresses.map(({ host }) => host).join(', ')}.`);
      return bound;
    },
    /** Stops accepting, ends idle connections, and after the grace time all others. */
    async close(graceMs: number): Promise<void> {
      const closed = servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeIdleConnections();
          }),
      );
      const timer = setTimeout(() => {
        // A handshake that ended after Node had closed what it knew would leave a connection that nothing ends any more, and a hub that never stops.
        for (const socket of connections) socket.destroy();
      }, graceMs);
      await Promise.all(closed);
      clearTimeout(timer);
      clearInterval(sweeping);
    },
  };

  async function keepTrying(address: ListenAddress, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(1000, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await listenOnce(address);
        options.logger.info({ ...address }, 'listening');
        return;
      } catch (error) {
        if (!isMissingAddress(error)) options.logger.warn({ ...address, error: String(error) }, 'cannot listen on this address');
      }
    }
  }
}

/** Browsers say which page opens a WebSocket, and open one to anywhere: only the hub's own pages may. Other clients send no Origin. */
const isOwnPage = ({ headers: { origin, host } }: IncomingMessage): boolean => origin === undefined || isOwnOrigin(origin, host);

const isMissingAddress = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';

function explained(error: unknown, { host, port }: ListenAddress): SlipwayError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new SlipwayError('Host', `Port ${port} on ${host} is taken by another program.`, {
      cause: error,
      hint: `Stop it (find it with: ss -ltnp | grep ${port}) or choose another port.`,
    });
  }
  if (code === 'EACCES')
    return new SlipwayError('Host', `Port ${port} may not be opened by this user.`, {
      cause: error,
      hint: 'Use a port above 1023 or run as root.',
    });
  return new SlipwayError('Host', `Cannot listen on ${host}:${port}: ${(error as Error).message}.`, { cause: error });
}
