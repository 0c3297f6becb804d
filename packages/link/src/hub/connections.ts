import { type Clock, type Logger, seconds } from '@slipway/kit';
import type { RawData, WebSocket } from 'ws';
import type { AgentSeen, LinkStore } from '../link-store.ts';
import type { ConnectionState, LinkSubject } from '../ports.ts';
import { type AgentFrame, agentFrameSchema, type HubFrame, LINK_CLOSE, LINK_LIMITS } from '../protocol.ts';

export interface ConnectionsDeps {
  readonly store: LinkStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heartbeatSeconds: number;
  /** How often liveness is written, milliseconds. */
  readonly writeEveryMs: number;
  readonly changed: (subject: LinkSubject) => void;
}

interface Connection {
  readonly subject: LinkSubject;
  readonly socket: WebSocket;
  lastSeen: number;
  hello: AgentFrame | undefined;
  /** Frames in the running second. */
  frames: number;
  second: number;
}

/** The standing connections of agents: liveness in memory, written in batches. */
export interface Connections {
  /** Takes over an authenticated WebSocket. */
  accept(subject: LinkSubject, socket: WebSocket): void;
  /** False when that agent is not connected here. */
  send(uid: string, frame: HubFrame): boolean;
  state(uid: string): ConnectionState;
  dismiss(uid: string, reason: string): void;
  start(signal: AbortSignal): Promise<void>;
  /** Writes what is not written yet. */
  flush(): Promise<void>;
}

export function createConnections(deps: ConnectionsDeps): Connections {
  const live = new Map<string, Connection>();
  const seen = new Map<string, AgentSeen>();
  const dirty = new Set<string>();

  const note = (connection: Connection, frame: AgentFrame) => {
    const { uid } = connection.subject;
    const before = seen.get(uid);
    const agentVersion = frame.type === 'hello' ? frame.agentVersion.slice(0, 100) : (before?.agentVersion ?? '');
    seen.set(uid, { uid, lastSeen: connection.lastSeen, agentVersion, planRevision: frame.planRevision });
    dirty.add(uid);
  };

  const drop = (connection: Connection, why: string) => {
    if (live.get(connection.subject.uid) !== connection) return;
    live.delete(connection.subject.uid);
    deps.logger.info({ subject: connection.subject.uid, why }, 'agent disconnected');
    deps.changed(connection.subject);
  };

  const greet = async (connection: Connection, frame: Extract<AgentFrame, { type: 'hello' }>) => {
    const { uid } = connection.subject;
    const plan = await deps.store.latestPlan(uid);
    const known = plan?.revision ?? 0;
    // An agent ahead of the hub means the hub was restored: later plans must go above what the agent holds. The bound keeps a broken agent from using the numbers up.
    if (frame.planRevision > known && frame.planRevision < known + 1_000_000) {
      deps.logger.warn(
        { subject: uid, agent: frame.planRevision, hub: known },
        'the agent holds a newer plan than this hub: was it restored?',
      );
      await deps.store.raiseRevisionFloor(uid, frame.planRevision);
    }
    transmit(connection.socket, {
      type: 'welcome',
      heartbeatSeconds: deps.heartbeatSeconds,
      ...(plan === undefined ? {} : { planHash: plan.signed.hash }),
    });
  };

  const receive = (connection: Connection, data: RawData, binary: boolean) => {
    const frame = binary ? undefined : parseFrame(data);
    if (frame === undefined) return connection.socket.close(LINK_CLOSE.badFrame, 'not a frame of this protocol');
    if (flooded(connection, deps.clock.now())) return connection.socket.close(LINK_CLOSE.flood, 'too many frames');
    if ((connection.hello === undefined) !== (frame.type === 'hello')) {
      return connection.socket.close(LINK_CLOSE.badFrame, connection.hello ? 'hello comes once' : 'hello comes first');
    }
    connection.lastSeen = deps.clock.now();
    note(connection, frame);
    if (frame.type === 'heartbeat') return;
    connection.hello = frame;
    deps.logger.info({ subject: connection.subject.uid, version: frame.agentVersion }, 'agent connected');
    deps.changed(connection.subject);
    greet(connection, frame).catch((error: unknown) => {
      deps.logger.error({ err: error, subject: connection.subject.uid }, 'an agent could not be welcomed');
      connection.socket.close(LINK_CLOSE.restarting, 'try again');
    });
  };

  /** Cuts off who missed three heartbeats. */
  const sweep = () => {
    const limit = deps.clock.now() - seconds(deps.heartbeatSeconds) * 3;
    for (const connection of live.values()) {
      if (connection.lastSeen >= limit) continue;
      connection.socket.close(LINK_CLOSE.silent, 'no heartbeat');
      connection.socket.terminate();
      drop(connection, 'three heartbeats missed');
    }
  };

  const flush = async () => {
    const batch = [...dirty].flatMap((uid) => seen.get(uid) ?? []);
    dirty.clear();
    if (batch.length === 0) return;
    await deps.store.putSeen(batch).catch((error: unknown) => {
      for (const agent of batch) dirty.add(agent.uid);
      deps.logger.warn({ err: error }, 'liveness of agents could not be written');
    });
  };

  const dismiss = (uid: string, reason: string) => {
    seen.delete(uid);
    dirty.delete(uid);
    const connection = live.get(uid);
    if (!connection) return;
    transmit(connection.socket, { type: 'goodbye', reason, retryAfterSeconds: 300 });
    connection.socket.close(LINK_CLOSE.revoked, 'goodbye');
    drop(connection, reason);
  };

  return {
    accept: (subject, socket) => {
      const connection: Connection = { subject, socket, lastSeen: deps.clock.now(), hello: undefined, frames: 0, second: 0 };
      const before = live.get(subject.uid);
      live.set(subject.uid, connection);
      before?.socket.close(LINK_CLOSE.replaced, 'a newer connection took over');
      socket.on('message', (data, binary) => receive(connection, data, binary));
      socket.on('error', (error) => deps.logger.debug({ err: error, subject: subject.uid }, 'agent connection failed'));
      socket.on('close', (code) => drop(connection, `closed (${code})`));
    },
    send: (uid, frame) => {
      const connection = live.get(uid);
      if (!connection?.hello || connection.socket.readyState !== connection.socket.OPEN) return false;
      transmit(connection.socket, frame);
      return true;
    },
    state: (uid) => {
      const known = seen.get(uid);
      return {
        connected: live.get(uid)?.hello !== undefined,
        ...(known === undefined
          ? {}
          : { lastSeen: new Date(known.lastSeen).toISOString(), agentVersion: known.agentVersion, planRevision: known.planRevision }),
      };
    },
    dismiss,
    flush,
    start: async (signal) => {
      for (const agent of await deps.store.allSeen()) if (!seen.has(agent.uid)) seen.set(agent.uid, agent);
      const sweeper = setInterval(sweep, Math.max(10, seconds(deps.heartbeatSeconds) / 2));
      const writer = setInterval(() => void flush(), deps.writeEveryMs);
      signal.addEventListener(
        'abort',
        () => {
          clearInterval(sweeper);
          clearInterval(writer);
          for (const { socket } of live.values()) socket.close(LINK_CLOSE.restarting, 'the hub stops');
        },
        { once: true },
      );
    },
  };
}

function transmit(socket: WebSocket, frame: HubFrame): void {
  // A peer that does not read may not make the hub hold its frames: control frames are small, so a megabyte of them means it is stuck.
  if (socket.bufferedAmount > 1024 * 1024) return socket.terminate();
  socket.send(JSON.stringify(frame), () => undefined);
}

function parseFrame(data: RawData): AgentFrame | undefined {
  try {
    const parsed = agentFrameSchema.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function flooded(connection: Connection, now: number): boolean {
  const second = Math.floor(now / 1000);
  if (second !== connection.second) {
    connection.second = second;
    connection.frames = 0;
  }
  connection.frames += 1;
  return connection.frames > LINK_LIMITS.framesPerSecond;
}
