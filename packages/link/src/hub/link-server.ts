import { type Clock, type Logger, seconds } from '@slipway/kit';
import type { FastifyInstance } from 'fastify';
import type { LinkStore } from '../link-store.ts';
import type { PlanSigner } from '../plan-signing.ts';
import type { BlobStore, FactsReader, JoinTokens, LinkSubject, PlanPublisher } from '../ports.ts';
import { createConnections } from './connections.ts';
import { createCredentials } from './credentials.ts';
import { createFactsKeeper } from './facts.ts';
import { createPlanPublisher } from './plans.ts';
import { linkRoutes } from './routes.ts';
import { createTunnels, type TunnelSource } from './tunnels.ts';
import { createLinkUpgrades, type UpgradeHandler } from './upgrades.ts';

export interface LinkServerOptions {
  readonly store: LinkStore;
  readonly blobs: BlobStore;
  readonly signer: PlanSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default 15. An agent that misses three is disconnected. */
  readonly heartbeatSeconds?: number;
  /** Default 60 s. */
  readonly tunnelIdleMs?: number;
  /** Default 10 s. */
  readonly tunnelDialMs?: number;
}

export interface LinkServer {
  readonly plans: PlanPublisher;
  readonly facts: FactsReader;
  readonly joinTokens: JoinTokens;
  readonly tunnels: TunnelSource;
  /** Registers the HTTPS endpoints. Before `listen`. */
  routes(app: FastifyInstance<any, any, any, any>): void;
  /** For `server.on('upgrade')`: false when the path is not the link's. */
  readonly handleUpgrade: UpgradeHandler;
  /** Reads known liveness and starts the timers; on abort agents are told to come back and the rest is written. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes every credential of an agent away and ends its connections. Deletes nothing in its cluster. */
  revoke(uid: string, reason: string): Promise<void>;
  /** After the abort: resolves when liveness is written. */
  flush(): Promise<void>;
}

/**
 * The hub's end of the link: agents join, pull plans, post facts and serve tunnels. Never dials anything.
 *
 * @example
 * const link = createLinkServer({ store, blobs, signer, clock: systemClock, logger });
 * link.routes(app);
 * await link.start(signal);
 * app.server.on('upgrade', (request, socket, head) => link.handleUpgrade(request, socket, head) || socket.destroy());
 */
export function createLinkServer(options: LinkServerOptions): LinkServer {
  const { store, blobs, signer, clock, logger } = options;
  const heartbeatSeconds = options.heartbeatSeconds ?? 15;
  const listeners = new Set<(subject: LinkSubject) => void>();
  const changed = (subject: LinkSubject) => {
    for (const listener of listeners) {
      try {
        listener(subject);
      } catch (error) {
        // One that listens badly must not take an agent's connection, or the hub, with it.
        logger.error({ err: error, subject: subject.uid }, 'a listener to link changes failed');
      }
    }
  };
  const credentials = createCredentials({ store, clock, planKey: signer.key });
  const connections = createConnections({ store, clock, logger, heartbeatSeconds, writeEveryMs: seconds(30), changed });
  const tunnels = createTunnels({
    clock,
    logger,
    send: connections.send,
    state: connections.state,
    dialMs: options.tunnelDialMs ?? seconds(10),
    idleMs: options.tunnelIdleMs ?? seconds(60),
    pingMs: seconds(15),
  });
  const dismiss = (uid: string, reason: string) => {
    tunnels.close(uid);
    connections.dismiss(uid, reason);
  };
  const facts = createFactsKeeper({ store, clock, changed });
  return {
    plans: createPlanPublisher({ store, signer, dismiss, notify: (uid, hash) => void connections.send(uid, { type: 'plan', hash }) }),
    facts: {
      cluster: facts.cluster,
      gateway: facts.gateway,
      connection: connections.state,
      onChange: (callback, signal) => {
        if (signal.aborted) return;
        listeners.add(callback);
        signal.addEventListener('abort', () => listeners.delete(callback), { once: true });
      },
    },
    joinTokens: { issue: credentials.issue },
    tunnels,
    routes: (app) => linkRoutes(app, { store, blobs, credentials, facts }),
    handleUpgrade: createLinkUpgrades({ credentials, connections, tunnels, logger }),
    start: async (signal) => {
      await connections.start(signal);
      signal.addEventListener('abort', () => tunnels.closeAll(), { once: true });
    },
    revoke: async (uid, reason) => {
      await store.revokeCredentials(uid);
      dismiss(uid, reason);
    },
    flush: connections.flush,
  };
}
