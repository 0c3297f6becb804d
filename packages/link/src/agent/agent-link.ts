import { backoff, type Logger, messageOf, minutes, seconds, sha256Hex, sleep, SlipwayError } from '@slipway/kit';
import type { Facts } from '@slipway/model';
import type { CurrentPlan } from '../accept-plan.ts';
import { type VerifiedPlan, verifySignedPlan } from '../plan-signing.ts';
import type { LinkSubject } from '../ports.ts';
import { type JoinTokenResponse, joinTokenResponseSchema, LINK_LIMITS } from '../protocol.ts';
import { keepConnected } from './connection.ts';
import type { CredentialStore } from './credential-store.ts';
import { createFactsSender } from './facts-sender.ts';
import { createHubClient, type HubAnswer, type HubRequest, refusalOf } from './hub-client.ts';
import { type JoinedIdentity, joinOnce } from './join.ts';
import { fallBack, rotateOnce } from './rotate.ts';
import type { TunnelHandler } from './tunnel-server.ts';

export interface AgentLinkOptions {
  readonly hubUrl: string;
  /** PEM of the hub's CA: the only one trusted. */
  readonly ca: string;
  readonly credentials: CredentialStore;
  readonly joinToken: () => Promise<string | undefined>;
  readonly version: string;
  readonly logger: Logger;
  /** Serves the hub's tunnels; without it they are refused. */
  readonly tunnel?: TunnelHandler;
  /** HTTPS_PROXY, NO_PROXY; default process.env. */
  readonly proxyEnv?: NodeJS.ProcessEnv;
  /** How old the credential may become before it is replaced, milliseconds; default 7 days. */
  readonly rotateEveryMs?: number;
  /** 0..1, for the jitter of delays. */
  readonly random?: () => number;
  /** Shortest and longest delay between tries, milliseconds; default 1,000 and 60,000. */
  readonly retry?: { readonly baseMs: number; readonly maxMs: number };
}

const ROTATE_EVERY_MS = 7 * 24 * minutes(60);
/** A timer of a week is longer than some timers can be, and a clock may be set. */
const ROTATION_CHECK_MS = minutes(60);

export type PullResult =
  | { readonly state: 'new'; readonly verified: VerifiedPlan }
  /** The hub's newest is what the caller has. */
  | { readonly state: 'unchanged' }
  /** The hub has no plan for this agent yet. */
  | { readonly state: 'none' };

/** The agent's end of the link. Everything is dialled from here; nothing in it deletes or changes anything in the cluster. */
export interface AgentLink {
  /** Joins if needed, connects and reconnects, delivers facts, serves tunnels, until the signal aborts. Never rejects for the hub's sake. */
  start(signal: AbortSignal): Promise<void>;
  /** Who this agent is; waits for the join. */
  joined(signal?: AbortSignal): Promise<LinkSubject>;
  subject(): LinkSubject | undefined;
  connected(): boolean;
  /** Called each time the standing connection comes up, and at once when it is up already. */
  onConnected(callback: () => void): void;
  /** The hub has a plan with this hash, other than the one set by `setPlan`: pull it. Pull now and then without being told too, for instance once a minute. */
  onPlanAvailable(callback: (hash: string) => void): void;
  /** The plan in force, for heartbeats. */
  setPlan(plan: CurrentPlan): void;
  /** Fetches the newest plan and checks its signature; `verified.ok` false says why it is refused. Rejects with `Unavailable` when the hub is away. */
  pullPlan(signal?: AbortSignal): Promise<PullResult>;
  /** Delivers facts in the background; only the newest are kept while the hub is away. */
  postFacts(facts: Facts): void;
  /** A chart that the plan names, verified against its digest (`sha256:…`). */
  fetchBlob(digest: string, signal?: AbortSignal): Promise<Buffer>;
  /** Gateways only: a join token for a cluster of the own plan. */
  requestJoinToken(clusterUid: string, signal?: AbortSignal): Promise<JoinTokenResponse>;
}

export function createAgentLink(options: AgentLinkOptions): AgentLink {
  const { logger, credentials } = options;
  const random = options.random ?? Math.random;
  const retry = options.retry ?? { baseMs: seconds(1), maxMs: seconds(60) };
  const client = createHubClient({ hubUrl: options.hubUrl, ca: options.ca, proxyEnv: options.proxyEnv ?? process.env });
  const listeners = new Set<(hash: string) => void>();
  const greeters = new Set<() => void>();
  const identity = Promise.withResolvers<void>();
  let joined: JoinedIdentity | undefined;
  let plan: CurrentPlan | undefined;
  let connected = false;
  let refused = false;
  /** Ends the wait for the next rotation. */
  let nap = new AbortController();

  const setJoined = (next: JoinedIdentity) => {
    joined = next;
    refused = false;
    identity.resolve();
  };
  const onUnauthorized = () => {
    refused = true;
  };
  const facts = createFactsSender({ client, credential: () => joined?.credential, onUnauthorized, logger, random });

  const mine = (): JoinedIdentity => {
    if (joined) return joined;
    throw new SlipwayError('Unavailable', 'This agent has not joined its hub yet.');
  };
  const ask = async (path: string, request: Omit<HubRequest, 'credential'>): Promise<HubAnswer> => {
    const answer = await client.send(path, { ...request, credential: mine().credential });
    if (answer.status === 401) onUnauthorized();
    return answer;
  };

  /** Joins, or joins again when the hub refuses the credential and there is a token that may help. The old identity stays until a new one is there. */
  const ensureJoined = async (signal: AbortSignal): Promise<JoinedIdentity> => {
    if (!joined) {
      const saved = (await credentials.load())?.joined;
      if (saved) setJoined(saved);
    }
    if (joined && refused) {
      const known = await fallBack({ client, credentials, logger }, joined, signal);
      if (known) {
        setJoined(known);
        nap.abort();
      }
    }
    if (!joined || refused)
      setJoined(await joinOnce({ client, credentials, joinToken: options.joinToken, version: options.version, logger }, joined, signal));
    return mine();
  };

  /** Joining and rotating both write the identity: one after the other. */
  let writing: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = writing.then(work);
    writing = mine.catch(() => undefined);
    return mine;
  };
  /** Replaces the credential when it is old enough, or at once when that was begun before; while the hub is away the old one stays. */
  const keepRotating = async (signal: AbortSignal): Promise<void> => {
    const every = options.rotateEveryMs ?? ROTATE_EVERY_MS;
    for (let failures = 0; !signal.aborted;) {
      try {
        await Promise.race([identity.promise, aborted(signal)]);
        const begun = (await credentials.load())?.next !== undefined;
        const due = (mine().since ?? 0) + every * (0.8 + 0.2 * random());
        if (!begun && Date.now() < due) {
          nap = new AbortController();
          await sleep(Math.min(due - Date.now(), ROTATION_CHECK_MS), AbortSignal.any([signal, nap.signal])).catch(() => undefined);
          continue;
        }
        await alone(async () => setJoined(await rotateOnce({ client, credentials, logger }, mine(), signal)));
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ error: messageOf(error) }, 'the credential could not be replaced; the old one stays');
        await sleep(backoff(failures++, { baseMs: retry.baseMs, maxMs: Math.max(retry.maxMs, ROTATION_CHECK_MS), random }), signal).catch(
          () => undefined,
        );
      }
    }
  };

  return {
    start: async (signal) => {
      const sending = facts.run(signal);
      const rotating = keepRotating(signal);
      await keepConnected({
        signal,
        logger,
        client,
        tunnel: options.tunnel,
        version: options.version,
        plan: () => plan,
        delay: (attempt) => backoff(attempt, { ...retry, random }),
        credential: async () => {
          try {
            return (await alone(() => ensureJoined(signal))).credential;
          } catch (error) {
            // A refused credential without a better token may be accepted later, when the hub's data is back.
            if (joined) return joined.credential;
            throw error;
          }
        },
        onUnauthorized,
        onConnected: (hash) => {
          connected = true;
          facts.wake();
          for (const greeter of greeters) greeter();
          if (hash !== undefined && hash !== plan?.hash) for (const listener of listeners) listener(hash);
        },
        onPlan: (hash) => {
          if (hash !== plan?.hash) for (const listener of listeners) listener(hash);
        },
        onDisconnected: () => {
          connected = false;
        },
      });
      await sending;
      await rotating;
      client.close();
    },
    joined: async (signal) => {
      await Promise.race([identity.promise, ...(signal ? [aborted(signal)] : [])]);
      return mine().subject as LinkSubject;
    },
    subject: () => joined?.subject as LinkSubject | undefined,
    connected: () => connected,
    onConnected: (callback) => {
      greeters.add(callback);
      if (connected) callback();
    },
    onPlanAvailable: (callback) => void listeners.add(callback),
    setPlan: (next) => {
      plan = next;
    },
    pullPlan: async (signal) => {
      const { planKey } = mine();
      const answer = await ask('/plan', {
        maxBytes: LINK_LIMITS.plan,
        signal,
        ...(plan === undefined ? {} : { headers: { 'if-none-match': `"${plan.hash}"` } }),
      });
      if (answer.status === 304) return { state: 'unchanged' };
      if (answer.status === 404) return { state: 'none' };
      if (answer.status !== 200) throw failure('The plan could not be pulled', answer);
      return { state: 'new', verified: verifySignedPlan(parsed(answer.body), planKey) };
    },
    postFacts: facts.post,
    fetchBlob: async (digest, signal) => {
      const answer = await ask(`/blobs/${encodeURIComponent(digest)}`, { maxBytes: LINK_LIMITS.blob, timeoutMs: 120_000, signal });
      if (answer.status !== 200) throw failure(`The chart ${digest} could not be fetched`, answer);
      const got = `sha256:${sha256Hex(answer.body)}`;
      if (got !== digest)
        throw new SlipwayError('Unavailable', `The hub sent another chart than the plan names: ${got} instead of ${digest}.`);
      return answer.body;
    },
    requestJoinToken: async (clusterUid, signal) => {
      const answer = await ask(`/clusters/${encodeURIComponent(clusterUid)}/join-token`, {
        method: 'POST',
        json: {},
        maxBytes: 64 * 1024,
        signal,
      });
      if (answer.status !== 200) throw failure(`No join token for cluster ${clusterUid}`, answer);
      return joinTokenResponseSchema.parse(parsed(answer.body));
    },
  };
}

/** Rejects when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const failure = (what: string, answer: HubAnswer): SlipwayError =>
  new SlipwayError(
    answer.status === 404 ? 'NotFound' : answer.status === 401 ? 'Unauthorized' : 'Unavailable',
    `${what}: ${refusalOf(answer)}`,
  );
