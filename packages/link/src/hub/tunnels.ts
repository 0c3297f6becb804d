import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { type Clock, type Logger, randomSecret, SlipwayError } from '@slipway/kit';
import { createWebSocketStream, type WebSocket } from 'ws';
import type { ConnectionState, LinkSubject } from '../ports.ts';
import { type HubFrame, LINK_LIMITS } from '../protocol.ts';

export interface TunnelsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly send: (uid: string, frame: HubFrame) => boolean;
  readonly state: (uid: string) => ConnectionState;
  /** How long an agent may take to dial, milliseconds. */
  readonly dialMs: number;
  /** A tunnel without requests is closed after this many milliseconds. */
  readonly idleMs: number;
  readonly pingMs: number;
}

/** Where requests to clusters go: one HTTP/2 session per agent, opened when it is needed, shared, and closed when idle. */
export interface TunnelSource {
  /**
   * Opens a stream to the agent of a cluster. Fails with `Unavailable` when the agent is not connected or does not dial in time. Nothing is sent, and what was begun is
   * broken off, when nobody wants it any more.
   */
  request(
    cluster: { uid: string; name: string },
    headers: OutgoingHttpHeaders,
    options?: { endStream?: boolean; unwanted?: AbortSignal },
  ): Promise<ClientHttp2Stream>;
}

export interface Tunnels extends TunnelSource {
  /** True when a tunnel with this id was asked of this agent and nobody came yet. */
  expects(id: string, subject: LinkSubject): boolean;
  accept(id: string, subject: LinkSubject, socket: WebSocket): void;
  close(uid: string): void;
  closeAll(): void;
}

interface Session {
  readonly http2: ClientHttp2Session;
  streams: number;
  /** When the last stream ended, milliseconds since the epoch. */
  idleSince: number;
}

interface Waiting {
  readonly uid: string;
  readonly resolve: (session: Session) => void;
  readonly reject: (error: Error) => void;
}

/** 64 streams may stall with a full window of 1 MiB each before the session's own window is used up. */
const SESSION_WINDOW = 64 * 1024 * 1024;

export function createTunnels(deps: TunnelsDeps): Tunnels {
  const waiting = new Map<string, Waiting>();
  const opening = new Map<string, Promise<Session>>();
  const open = new Map<string, Session>();

  const dial = (uid: string, name: string): Promise<Session> => {
    const id = randomSecret(18);
    if (!deps.send(uid, { type: 'tunnel', id })) return Promise.reject(notConnected(name, deps.state(uid)));
    return new Promise<Session>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(
          new SlipwayError(
            'Unavailable',
            `The agent of cluster ${name} is connected but opened no tunnel within ${deps.dialMs / 1000} s.`,
            {
              retryAfter: 5,
            },
          ),
        );
      }, deps.dialMs);
      const settled =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      waiting.set(id, { uid, resolve: settled(resolve), reject: settled(reject) });
    });
  };

  const sessionOf = (uid: string, name: string): Promise<Session> => {
    const session = open.get(uid);
    if (session && !session.http2.closed && !session.http2.destroyed) return Promise.resolve(session);
    const running = opening.get(uid);
    if (running) return running;
    const started = dial(uid, name).finally(() => opening.delete(uid));
    opening.set(uid, started);
    return started;
  };

  return {
    request: async (cluster, headers, options = {}) => {
      const session = await sessionOf(cluster.uid, cluster.name);
      const { endStream = false, unwanted } = options;
      unwanted?.throwIfAborted();
      const stream = session.http2.request(headers, { endStream });
      const close = () => stream.close(constants.NGHTTP2_CANCEL);
      unwanted?.addEventListener('abort', close, { once: true });
      stream.once('close', () => unwanted?.removeEventListener('abort', close));
      session.streams += 1;
      stream.once('close', () => {
        session.streams -= 1;
        session.idleSince = deps.clock.now();
      });
      return stream;
    },
    expects: (id, subject) => waiting.get(id)?.uid === subject.uid,
    accept: (id, subject, socket) => {
      const wanted = waiting.get(id);
      if (wanted?.uid !== subject.uid) return socket.close(4404, 'no such tunnel');
      waiting.delete(id);
      const session = startSession(socket, deps, () => {
        if (open.get(subject.uid) === session) open.delete(subject.uid);
        wanted.reject(new SlipwayError('Unavailable', `The tunnel of cluster ${subject.name} broke while it was opened.`));
      });
      // Requests may go only after the agent has said what it supports: extended CONNECT is its to allow.
      session.http2.once('remoteSettings', () => {
        open.set(subject.uid, session);
        wanted.resolve(session);
      });
    },
    close: (uid) => open.get(uid)?.http2.destroy(),
    closeAll: () => {
      for (const session of open.values()) session.http2.destroy();
    },
  };
}

function startSession(socket: WebSocket, deps: TunnelsDeps, onClose: () => void): Session {
  const stream = createWebSocketStream(socket, { highWaterMark: 256 * 1024 });
  const http2 = connect('http://agent', {
    createConnection: () => stream,
    maxSessionMemory: LINK_LIMITS.tunnelSessionMemoryMiB,
    peerMaxConcurrentStreams: LINK_LIMITS.tunnelStreams,
    settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
  });
  const session: Session = { http2, streams: 0, idleSince: deps.clock.now() };
  // The window of the whole session lets some stalled streams sit full without stopping the others.
  http2.once('connect', () => http2.setLocalWindowSize(SESSION_WINDOW));
  http2.on('error', (error) => deps.logger.debug({ err: error }, 'tunnel failed'));
  // The stream first: a session that says goodbye on a stream whose last write still hangs is an assertion of Node's, which nobody can catch.
  const cut = () => {
    stream.destroy();
    http2.destroy();
  };
  stream.on('error', cut);
  let unanswered = 0;
  const idler = setInterval(() => {
    if (session.streams === 0 && deps.clock.now() - session.idleSince >= deps.idleMs) http2.close();
  }, deps.idleMs / 4);
  const pinger = setInterval(() => {
    if (unanswered >= 2 || http2.destroyed) return cut();
    unanswered += 1;
    http2.ping((error) => {
      if (!error) unanswered = 0;
    });
  }, deps.pingMs);
  http2.once('close', () => {
    clearInterval(idler);
    clearInterval(pinger);
    onClose();
    // The session does not end a stream that is not a net.Socket by itself.
    stream.destroy();
    socket.terminate();
  });
  return session;
}

function notConnected(name: string, state: ConnectionState): SlipwayError {
  const since = state.lastSeen === undefined ? 'and never was' : `since ${state.lastSeen}`;
  return new SlipwayError('Unavailable', `The agent of cluster ${name} is not connected ${since}.`, {
    hint: 'The cluster itself may be well: look at its network and at the slipway-agent pod in namespace slipway-system.',
    retryAfter: 15,
  });
}
