import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, SlipwayError, waitFor } from '@slipway/kit';
import { type ApiServerConnection, createAgentLink, createFileCredentialStore, createKubeTunnelHandler } from '@slipway/link';
import type { ClusterPlan, Facts, GatewayPlan } from '@slipway/model';

export interface HubAddress {
  readonly url: string;
  readonly ca: string;
}

/** Something that joined a hub over the real link. */
export interface LinkedAgent {
  /** Asks as a gateway for the join token of a cluster in its plan. */
  joinToken(clusterUid: string): Promise<string>;
  /** The newest plan the hub has for it, with its signature checked; undefined when there is none yet. */
  plan(): Promise<ClusterPlan | GatewayPlan | undefined>;
  connected(): boolean;
  /** Reports what a test says that it sees. */
  report(facts: Facts): void;
  stop(): Promise<void>;
}

/**
 * A gateway's or a cluster's agent as far as the link goes, with the real client: it joins by its token, keeps connected, and serves tunnels before the API server it is given. It
 * applies no plan.
 */
export async function startLinkedAgent(hub: HubAddress, joinToken: string, api?: ApiServerConnection): Promise<LinkedAgent> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-agent-'));
  const stopping = new AbortController();
  const link = createAgentLink({
    hubUrl: hub.url,
    ca: hub.ca,
    credentials: createFileCredentialStore(join(dir, 'agent.json')),
    joinToken: () => Promise.resolve(joinToken),
    version: '0.0.0-test',
    logger: silentLogger,
    retry: { baseMs: 20, maxMs: 500 },
    ...(api === undefined ? {} : { tunnel: createKubeTunnelHandler(api) }),
  });
  const running = link.start(stopping.signal);
  await waitFor(() => link.connected(), { what: 'an agent to connect', timeoutMs: 60_000, intervalMs: 20 });
  return {
    connected: () => link.connected(),
    report: (facts) => link.postFacts(facts),
    async plan() {
      const pulled = await link.pullPlan(stopping.signal);
      if (pulled.state !== 'new') return undefined;
      if (!pulled.verified.ok) throw new SlipwayError('Internal', pulled.verified.message);
      return pulled.verified.plan;
    },
    joinToken: (uid) =>
      waitFor(async () => (await link.requestJoinToken(uid)).token, {
        what: `the gateway's plan to hold cluster ${uid}`,
        timeoutMs: 60_000,
        intervalMs: 200,
      }),
    async stop() {
      stopping.abort();
      await running;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
