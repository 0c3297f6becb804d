import { type Logger, messageOf, seconds, sleep } from '@slipway/kit';
import type { RawData } from 'ws';
import type { CurrentPlan } from '../accept-plan.ts';
import { type AgentFrame, type HubFrame, hubFrameSchema, LINK_CLOSE, LINK_LIMITS } from '../protocol.ts';
import type { HubClient } from './hub-client.ts';
import { serveTunnel, type TunnelHandler } from './tunnel-server.ts';

export interface ConnectionDeps {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly client: HubClient;
  readonly tunnel: TunnelHandler | undefined;
  readonly version: string;
  readonly plan: () => CurrentPlan | undefined;
  /** Milliseconds before the n-th try after a failure. */
  readonly delay: (attempt: number) => number;
  readonly credential: () => Promise<string>;
  readonly onUnauthorized: () => void;
  readonly onConnected: (planHash: string | undefined) => void;
  readonly onPlan: (hash: string) => void;
  readonly onDisconnected: () => void;
}

/** How one connection ended. */
interface Ended {
  readonly welcomed: boolean;
  readonly why: string;
  /** The hub asked not to be called before this many milliseconds. */
  readonly retryAfterMs?: number;
}

/** Holds the standing connection: dials, and dials again with growing, jittered delays, until the signal aborts. */
export async function keepConnected(deps: ConnectionDeps): Promise<void> {
  let attempt = 0;
  while (!deps.signal.aborted) {
    const ended = await connectOnce(deps).catch((error: unknown): Ended => ({ welcomed: false, why: messageOf(error) }));
    if (deps.signal.aborted) return;
    attempt = ended.welcomed ? 0 : attempt + 1;
    const delay = ended.retryAfterMs ?? deps.delay(attempt);
    deps.logger.info({ why: ended.why, retryInMs: delay }, 'not connected to the hub');
    await sleep(delay, deps.signal).catch(() => undefined);
  }
}

async function connectOnce(deps: ConnectionDeps): Promise<Ended> {
  const credential = await deps.credential();
  deps.signal.throwIfAborted();
  const socket = deps.client.dial('/connect', credential, LINK_LIMITS.frame);
  const session = { welcomed: false, why: 'the connection closed', retryAfterMs: undefined as number | undefined };
  let heartbeat: NodeJS.Timeout | undefined;
  let unanswered = 0;

  const frame = (type: AgentFrame['type']): AgentFrame => {
    const current = { planRevision: deps.plan()?.revision ?? 0, planHash: deps.plan()?.hash ?? '' };
    return type === 'hello' ? { type, agentVersion: deps.version, ...current } : { type, ...current };
  };
  const beat = () => {
    // A hub that vanished without a word (a NAT that forgot us) answers no ping: two in a row, and we dial again.
    if (unanswered >= 2) return socket.terminate();
    unanswered += 1;
    socket.ping();
    socket.send(JSON.stringify(frame('heartbeat')), () => undefined);
  };
  const receive = (message: HubFrame) => {
    if (message.type === 'welcome') {
      session.welcomed = true;
      clearInterval(heartbeat);
      heartbeat = setInterval(beat, Math.max(10, seconds(message.heartbeatSeconds)));
      deps.logger.info({}, 'connected to the hub');
      deps.onConnected(message.planHash);
    } else if (message.type === 'plan') {
      deps.onPlan(message.hash);
    } else if (message.type === 'tunnel') {
      openTunnel(deps, message.id, credential);
    } else {
      session.why = message.reason;
      session.retryAfterMs = seconds(message.retryAfterSeconds);
      deps.onUnauthorized();
      socket.close(1000);
    }
  };

  return new Promise<Ended>((resolve) => {
    const stop = () => socket.close(1000, 'the agent stops');
    deps.signal.addEventListener('abort', stop, { once: true });
    // Whoever accepts a connection must also greet: a middlebox that accepts everything would hold us forever.
    const greeting = setTimeout(() => session.welcomed || socket.terminate(), seconds(15));
    socket.on('open', () => socket.send(JSON.stringify(frame('hello')), () => undefined));
    socket.on('pong', () => {
      unanswered = 0;
    });
    socket.on('message', (data, binary) => {
      const message = binary ? undefined : parseFrame(data);
      if (message) receive(message);
      else socket.close(LINK_CLOSE.badFrame, 'not a frame of this protocol');
    });
    socket.on('unexpected-response', (_request, response) => {
      if (response.statusCode === 401) deps.onUnauthorized();
      session.why = `the hub answered ${response.statusCode}`;
      response.resume();
      // Handling this event makes the request ours to end; that emits `close`.
      socket.terminate();
    });
    socket.on('error', (error) => {
      session.why = error.message;
    });
    socket.on('close', (code, reason) => {
      clearInterval(heartbeat);
      clearTimeout(greeting);
      deps.signal.removeEventListener('abort', stop);
      deps.onDisconnected();
      const { welcomed, retryAfterMs } = session;
      const why = code === 1006 || reason.length === 0 ? session.why : `${session.why}: ${reason.toString('utf8')}`;
      resolve({ welcomed, why, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    });
  });
}

function openTunnel(deps: ConnectionDeps, id: string, credential: string): void {
  if (!deps.tunnel) return deps.logger.warn({}, 'the hub asked for a tunnel, but this agent serves none');
  const socket = deps.client.dial(`/tunnel/${encodeURIComponent(id)}`, credential, LINK_LIMITS.tunnelMessage);
  serveTunnel(socket, deps.tunnel, deps.logger, deps.signal);
}

function parseFrame(data: RawData): HubFrame | undefined {
  try {
    const parsed = hubFrameSchema.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
