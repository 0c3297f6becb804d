import { z } from 'zod';

/**
 * The link between hub and agents. Everything is dialled by the agent; all paths are below the hub's URL.
 *
 * | path | what | auth |
 * | --- | --- | --- |
 * | POST /link/v1/join | join token → credential, once | join token in the body |
 * | POST /link/v1/credential | a new credential for the one that asks; the old one works for an hour more | credential |
 * | GET  /link/v1/plan | the newest signed plan; `If-None-Match: "<hash>"` → 304; 404 while there is none | credential |
 * | POST /link/v1/facts | ClusterFacts or GatewayFacts of this agent's own cluster or gateway | credential |
 * | GET  /link/v1/blobs/<digest> | a chart archive this agent's plan names (others: 404) | credential |
 * | POST /link/v1/clusters/<uid>/join-token | gateways only, for clusters in their own plan: a fresh join token | credential |
 * | WS   /link/v1/connect | control frames below | credential |
 * | WS   /link/v1/tunnel/<id> | second connection on which the agent serves HTTP/2 (`http2.performServerHandshake`) and the hub is the client | credential |
 *
 * A credential is `Authorization: Bearer swa_…`, belongs to one cluster or gateway uid, and is stored hashed by the hub.
 */
export const LINK_PREFIX = '/link/v1';
export const JOIN_TOKEN_PREFIX = 'swj_';
export const AGENT_CREDENTIAL_PREFIX = 'swa_';

export const joinRequestSchema = z.strictObject({
  token: z.string().startsWith(JOIN_TOKEN_PREFIX),
  agentVersion: z.string(),
  /**
   * A secret (at least 32 characters, base64url) the agent made and stored before it asked, so that a join whose answer was lost on the way can be repeated:
   * the same token with the same proposal gets the same answer until the token expires; with another proposal it is refused as used.
   */
  credential: z.string().regex(/^swa_[A-Za-z0-9_-]{43,}$/),
});
export type JoinRequest = z.infer<typeof joinRequestSchema>;

/** Asks for a new credential, made and stored by the agent before as in a join: the same request again, with the old or the new credential, gets the same answer. */
export const rotateRequestSchema = z.strictObject({ credential: joinRequestSchema.shape.credential });

export const joinResponseSchema = z.object({
  /** `cluster` or `gateway`, and its uid: the identity the credential is bound to. */
  subject: z.object({ kind: z.enum(['cluster', 'gateway']), uid: z.string(), name: z.string(), project: z.string().optional() }),
  /** PEM (SPKI) Ed25519 public key that signs plans; pinned by the agent from now on. */
  planKey: z.object({ id: z.string(), pem: z.string() }),
});
export type JoinResponse = z.infer<typeof joinResponseSchema>;

export const joinTokenResponseSchema = z.object({ token: z.string().startsWith(JOIN_TOKEN_PREFIX), expiresAt: z.string() });
export type JoinTokenResponse = z.infer<typeof joinTokenResponseSchema>;

/** Bounds both sides keep, in bytes unless named otherwise. */
export const LINK_LIMITS = {
  /** One control frame. */
  frame: 64 * 1024,
  /** Control frames an agent may send in one second before it is cut off. */
  framesPerSecond: 20,
  /** One facts body. */
  facts: 8 * 1024 * 1024,
  /** One plan as it travels. */
  plan: 32 * 1024 * 1024,
  /** One chart archive. */
  blob: 32 * 1024 * 1024,
  /** One WebSocket message of a tunnel. */
  tunnelMessage: 1024 * 1024,
  /** Requests that may be open in one tunnel at a time. */
  tunnelStreams: 4096,
  /** MiB an HTTP/2 session may hold; Node's default of 10 answers ENHANCE_YOUR_CALM under load. */
  tunnelSessionMemoryMiB: 64,
} as const;

/** WebSocket close codes of this protocol. */
export const LINK_CLOSE = {
  /** A frame was too large, of a wrong type, or not what the protocol says. */
  badFrame: 4400,
  /** The credential was revoked. */
  revoked: 4401,
  /** A newer connection of the same agent took over. */
  replaced: 4409,
  /** Too many frames. */
  flood: 4429,
  /** No hello or no heartbeat in time. */
  silent: 4408,
  /** The hub stops; come back soon. */
  restarting: 1012,
} as const;

/** Frames hub → agent on /connect. */
export const hubFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), heartbeatSeconds: z.number(), planHash: z.string().optional() }),
  /** There is a newer plan: pull it. */
  z.object({ type: z.literal('plan'), hash: z.string() }),
  /** Dial /tunnel/<id> and serve HTTP/2 there. */
  z.object({ type: z.literal('tunnel'), id: z.string() }),
  /** The credential was revoked or the cluster deleted: close and do not reconnect before `retryAfterSeconds`. Deletes nothing. */
  z.object({ type: z.literal('goodbye'), reason: z.string(), retryAfterSeconds: z.number() }),
]);
export type HubFrame = z.infer<typeof hubFrameSchema>;

/** Frames agent → hub on /connect. */
export const agentFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), agentVersion: z.string(), planRevision: z.number().int(), planHash: z.string() }),
  z.object({ type: z.literal('heartbeat'), planRevision: z.number().int(), planHash: z.string() }),
]);
export type AgentFrame = z.infer<typeof agentFrameSchema>;

/**
 * Requests on the tunnel (HTTP/2, hub is the client, agent the server):
 * - any method on `/k8s/<path>`: the agent sends it to its API server with its own credentials and these headers translated:
 *   `x-slipway-user` → Impersonate-User, `x-slipway-group` (comma separated) → Impersonate-Group. The agent refuses requests without a user, drops every
 *   client-supplied Impersonate-*, X-Remote-*, Authorization and hop-by-hop header, and never lets `system:` names through.
 * - `CONNECT` with `:protocol` = `upgrade` on `/k8s/<path>`: an HTTP/1.1 upgrade (SPDY or WebSocket: exec, attach, port-forward). The original request method
 *   is in `x-slipway-method`, the wanted protocol in `x-slipway-upgrade`, WebSocket and SPDY negotiation headers pass; on 101 from the API server the agent
 *   answers 200 with the API server's response headers prefixed `x-up-` and then the stream carries the raw bytes both ways. Any other status is passed with its body.
 */
export const TUNNEL_K8S_PREFIX = '/k8s';
export const USER_HEADER = 'x-slipway-user';
export const GROUP_HEADER = 'x-slipway-group';
/** Users and groups inside clusters carry this prefix, so that no one outside can become someone inside. */
export const IDENTITY_PREFIX = 'slipway:';
export const ADMINS_GROUP = 'slipway:admins';
