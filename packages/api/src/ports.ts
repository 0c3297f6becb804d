import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Acceptance, ApiObject, ChangePlan, ImpactPlan, ClusterValues, ObjectStore, Principal, RolloutPlan } from '@slipway/model';

/** What a subresource's handler knows: the caller is authenticated and allowed, the object exists. */
export interface SubresourceContext {
  readonly principal: Principal;
  /** Aborted when the caller's right to this has ended: whatever lasts (a tunnel) ends with it. */
  readonly ended: AbortSignal;
  /** As this request may use it. */
  readonly store: ObjectStore;
  readonly tenant: string;
  /** Undefined for tenant-scoped kinds. */
  readonly project: string | undefined;
  readonly name: string;
  readonly object: ApiObject;
  /** `GET`, `POST`, … in capitals. */
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The parsed JSON or YAML body; undefined for raw handlers. */
  readonly body?: unknown;
}

/** Text of another media type than JSON as the answer of a subresource. */
export interface TextAnswer {
  readonly contentType: string;
  readonly text: string;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'HEAD';

interface SubresourceBase {
  /** `Cluster` */
  readonly kind: string;
  /** `kubeconfig` */
  readonly name: string;
  /** Verbs in discovery: `['get']`. */
  readonly verbs: readonly string[];
  readonly methods: readonly HttpMethod[];
  /** The object need not exist (a plan for a cluster to be made); `object` must not be used then. */
  readonly objectMayBeMissing?: boolean;
}

/** As whom something behind the hub is asked for a caller. */
export interface Acting {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface RawContext extends SubresourceContext {
  readonly acting: Acting;
}

/** Also serves everything below the subresource, with bodies untouched and HTTP/1.1 upgrades. */
export interface RawSubresource extends SubresourceBase {
  /** Found out once, before anything is sent, and looked at again while it lasts: what was begun as somebody that the caller may not act as any more ends. */
  readonly actsAs: (principal: Principal, object: ApiObject) => Promise<Acting>;
  readonly raw: (context: RawContext, request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly upgrade?: (context: RawContext, upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer }) => Promise<void>;
}

/** An action that is not a spec change, under an object's address. */
export type Subresource =
  | (SubresourceBase & { readonly handle: (context: SubresourceContext) => Promise<object | { answer: TextAnswer }> })
  | RawSubresource;

/** Objects as somebody would write them, checked, with defaults, beside what is stored. */
export interface PlanCandidate {
  readonly object: ApiObject;
  readonly old?: ApiObject;
}

/** Answers "what would happen to this cluster" without writing anything. */
export type PlanFor = (request: {
  readonly tenant: string;
  readonly project: string;
  readonly cluster: string;
  readonly candidates: readonly PlanCandidate[];
  /** Also what becomes of the objects that charts make. */
  readonly manifests: boolean;
}) => Promise<ChangePlan>;

/** Answers "what are the layers of this cluster told, or would be" without writing anything and without opening a secret. */
export type ValuesFor = (request: {
  readonly tenant: string;
  readonly project: string;
  readonly cluster: string;
  readonly candidates: readonly PlanCandidate[];
  readonly layer: string | undefined;
  /** Also what charts say themselves where nobody says otherwise. */
  readonly defaults: boolean;
}) => Promise<ClusterValues>;

/** Answers "what would this rollout do to the fleet" without writing anything. */
export type PlanRollout = (tenant: string, rollout: ApiObject) => Promise<RolloutPlan>;

/** Clusters of one tenant that a caller may read. */
export interface ClusterPlace {
  readonly tenant: string;
  readonly store: Pick<ObjectStore, 'list'>;
}

/** Answers "what would this change of a macro, a registry or a pack do to the clusters that run" without writing anything. */
export type ImpactFor = (
  request: PlanCandidate & {
    readonly tenant: string;
    readonly remove?: boolean;
    /** Of a pack of the catalogue: the content that somebody would accept. */
    readonly accept?: Acceptance;
    readonly places: readonly ClusterPlace[];
  },
) => Promise<ImpactPlan>;
