import type {
  Acceptance,
  AccessRequest,
  ApiObject,
  AuditCheckpoint,
  ChainedRecord,
  ChangePlan,
  ImpactPlan,
  ClusterValues,
  Kind,
  NewObject,
  PackInfo,
  RolloutPlan,
} from '@slipway/model';

export interface HubListQuery {
  /** Undefined for all projects. */
  readonly project?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export type HubWatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface ValuesQuery {
  readonly objects?: readonly NewObject[];
  readonly layer?: string | undefined;
  /** Also what charts say themselves. */
  readonly defaults?: boolean;
}

/** What the CLI asks of a hub. Implemented over `packages/api`'s typed client by `connect.ts`; errors are SlipwayErrors with the hub's words. */
export interface Hub {
  readonly server: string;
  get(kind: Kind, name: string, project: string): Promise<ApiObject>;
  find(kind: Kind, name: string, project: string): Promise<ApiObject | undefined>;
  list(kind: Kind, query: HubListQuery): Promise<{ items: ApiObject[]; resourceVersion: string }>;
  create(kind: Kind, object: NewObject, project: string, options?: { dryRun?: boolean }): Promise<ApiObject>;
  /** Server-side apply as field manager `slipway-cli`: fields that were applied before and are no longer named go, fields of others stay. */
  apply(kind: Kind, object: NewObject, project: string, options?: { dryRun?: boolean }): Promise<ApiObject>;
  update(kind: Kind, object: ApiObject, project: string, options?: { dryRun?: boolean }): Promise<ApiObject>;
  /** JSON merge patch. */
  patch(kind: Kind, name: string, project: string, patch: unknown, options?: { dryRun?: boolean }): Promise<ApiObject>;
  delete(kind: Kind, name: string, project: string): Promise<void>;
  watch(kind: Kind, query: HubListQuery, resourceVersion: string, signal: AbortSignal): AsyncIterable<HubWatchEvent>;
  /** The dry run of candidates on one cluster. */
  plan(cluster: string, project: string, objects: readonly NewObject[], options?: { manifests?: boolean }): Promise<ChangePlan>;
  /** What the layers of a cluster are told; with objects, what they would be told if these were applied. */
  values(cluster: string, project: string, of: ValuesQuery): Promise<ClusterValues>;
  /** What a rollout would do to the fleet; of a stored one, or of a candidate under that name. */
  rolloutPlan(name: string, candidate?: NewObject): Promise<RolloutPlan>;
  /** What a change of a macro or a registry would do to clusters that run. */
  impact(kind: Kind, object: NewObject, project: string): Promise<ImpactPlan>;
  /** Accepts the content by which a version was replaced, or says what that would do. */
  acceptPack(kind: Kind, name: string, project: string, options: { accept: Acceptance; dryRun: boolean }): Promise<{ impact?: ImpactPlan }>;
  kubeconfig(cluster: string, project: string): Promise<string>;
  /** A one-use token with which an agent joins. */
  gatewayJoinToken(gateway: string): Promise<string>;
  /** Signed heads of the caller's audit chain and the keys they are signed with. */
  auditChain(): Promise<{ tenant: string; checkpoints: AuditCheckpoint[]; keys: Record<string, string> }>;
  /** Records of the chain as they were hashed: with `after` oldest first, else newest first. */
  auditRecords(query: Readonly<Record<string, string | undefined>>): Promise<ChainedRecord[]>;
  whoami(): Promise<{ username: string; groups: string[]; tenant: string; home: string }>;
  /** Whether the caller may, and by which rule or what is missing. */
  canI(request: AccessRequest): Promise<{ allowed: boolean; reason: string }>;
  /** A new secret for an API key, ending the one before. */
  keyToken(name: string): Promise<string>;
  /** Asks for the catalogue of a registry (of a project's own, with the project) to be read anew; gives the moment that was noted. */
  syncRegistry(name: string, project: string | undefined): Promise<{ requested: string }>;
  /** What a version of a pack of the catalogue says about itself. */
  packContent(kind: Kind, name: string, of: { readonly version: string; readonly project: string }): Promise<PackInfo>;
  version(): Promise<{ gitVersion: string }>;
  /** Resolves when the hub is ready to serve; needs no token. */
  healthy(): Promise<void>;
}
