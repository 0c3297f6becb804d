import type { ClusterFacts, ClusterPlan, GatewayFacts, GatewayPlan, PackInfo, RegistrySpec, SignedPlan } from '@slipway/model';

/** Who an agent is: one cluster or one gateway. */
export interface LinkSubject {
  readonly kind: 'cluster' | 'gateway';
  readonly uid: string;
  readonly name: string;
  /** Set for clusters. */
  readonly project?: string;
}

export interface PublishedPlan {
  readonly revision: number;
  readonly hash: string;
  /** False when the content equals what was published before: nothing was written, nobody was woken. */
  readonly changed: boolean;
}

/** Where controllers hand over plans. The publisher gives the revision (one more than any before it for that uid), signs, stores and wakes the agent. */
export interface PlanPublisher {
  publishCluster(plan: Omit<ClusterPlan, 'revision'>): Promise<PublishedPlan>;
  publishGateway(plan: Omit<GatewayPlan, 'revision'>): Promise<PublishedPlan>;
  latestCluster(uid: string): Promise<{ plan: ClusterPlan; signed: SignedPlan } | undefined>;
  latestGateway(uid: string): Promise<{ plan: GatewayPlan; signed: SignedPlan } | undefined>;
  /** Forgets plans, facts and credentials of a cluster that is gone; its agent gets `goodbye`. */
  forget(uid: string): Promise<void>;
}

export interface ConnectionState {
  readonly connected: boolean;
  /** RFC 3339; undefined when it never connected. */
  readonly lastSeen?: string;
  readonly agentVersion?: string;
  readonly planRevision?: number;
}

/** What agents reported last. Liveness is held in memory and written in batches: a quiet fleet costs almost nothing. */
export interface FactsReader {
  cluster(uid: string): Promise<{ facts: ClusterFacts; at: string } | undefined>;
  gateway(uid: string): Promise<{ facts: GatewayFacts; at: string } | undefined>;
  connection(uid: string): ConnectionState;
  /** Calls back on new facts, connect and disconnect. */
  onChange(callback: (subject: LinkSubject) => void, signal: AbortSignal): void;
}

export interface JoinTokens {
  /** A one-use token; the secret is returned once and stored hashed. */
  issue(subject: LinkSubject, ttlMs: number): Promise<string>;
}

/** Charts as the hub hands them to agents, by digest (`sha256:…`). */
export interface BlobStore {
  put(data: Buffer): Promise<string>;
  /** Undefined when it is not there. */
  get(digest: string): Promise<Buffer | undefined>;
}

/** What may become of a registry: another spec (masked secrets are those that are stored), none, or one version of a pack with other content. */
export type RegistryChange = {
  readonly registry: { readonly tenant: string; readonly project?: string | undefined; readonly name: string };
} & (
  | { readonly spec: RegistrySpec | undefined }
  | { readonly accepted: { readonly name: string; readonly version: string; readonly digest: string } }
);

/** A pack of which some version has other content by now. */
export interface AcceptedPack {
  readonly tenant: string;
  readonly project?: string | undefined;
  readonly registry: string;
  readonly name: string;
}

/** Turns a pack reference into pinned content. */
export interface PackResolver {
  /** Fetches the chart (or finds it), verifies it, puts it into the blob store; the same (registry, name, version) gives the same digest afterwards. Errors say which registry answered what. */
  resolveChart(ref: {
    /** Whose registry. */
    tenant: string;
    /** The project, for a registry of a project's own. */
    project?: string | undefined;
    registry: string;
    name: string;
    version: string;
  }): Promise<{
    digest: string;
    name: string;
    version: string;
    valuesSchema?: unknown;
    /** Where the registry has keys: the one it is signed by, or what is wrong although it may be used. */
    signature?: { readonly signedBy?: string; readonly problem?: string };
  }>;
  /** What the pack says about itself; of the same content that `resolveChart` pins. Rejects as that does. */
  packInfo?(ref: Parameters<PackResolver['resolveChart']>[0]): Promise<PackInfo>;
  /** As everything would be resolved after a change of a registry; nothing is kept of what is asked of it. */
  trial?(change: RegistryChange): Pick<PackResolver, 'packInfo'>;
  /** Calls back when somebody accepted other content of a pack, and nothing of what was there before is remembered any more. */
  onAccepted?(callback: (pack: AcceptedPack) => void, signal: AbortSignal): void;
}

/** One chart as one cluster would get it. */
export interface RenderRequest {
  /** sha256:… of the archive in the blob store. */
  readonly digest: string;
  readonly release: string;
  readonly namespace: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** `v1.35.4` */
  readonly kubernetesVersion: string;
}

/** Says what a chart would make, without a cluster. Errors are in helm's words. */
export interface ChartRenderer {
  render(request: RenderRequest): Promise<readonly Readonly<Record<string, unknown>>[]>;
}
