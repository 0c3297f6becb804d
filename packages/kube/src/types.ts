/** Any Kubernetes object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean; blockOwnerDeletion?: boolean }[];
    managedFields?: {
      manager?: string;
      operation?: string;
      subresource?: string;
      apiVersion?: string;
      time?: string;
      fieldsV1?: unknown;
    }[];
    [key: string]: unknown;
  };
  [key: string]: any;
}

/** Names a resource without knowing its plural: resolved by discovery and cached. */
export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What discovery knows about a kind. */
export interface ResourceInfo {
  /** `deployments` */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface NamedRef extends KindRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface KubeConnection {
  /** `https://host:port` */
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** A fixed token, or a function for tokens that rotate (a projected service account token file). */
  readonly token?: string | (() => Promise<string>) | undefined;
}

export interface RequestOptions {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export type KubeWatchEvent<T = KubeObject> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T };

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only `metadata` is asked for (PartialObjectMetadata): light. */
  readonly metadataOnly?: boolean;
  /** Called after every full (re-)list with what is there. */
  readonly onSynced?: () => void;
  readonly onError?: (error: unknown) => void;
}

/**
 * A thin client of one Kubernetes API server over keep-alive HTTPS. Errors are `SlipwayError`s whose code follows the HTTP status
 * (404 NotFound, 409 Conflict or AlreadyExists, 410 Gone, 422 Invalid, …) and whose message is the server's.
 */
export interface KubeClient {
  readonly connection: KubeConnection;
  request<T = unknown>(path: string, options?: RequestOptions): Promise<T>;
  get<T extends KubeObject = KubeObject>(ref: NamedRef): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(
    kind: KindRef,
    options?: { namespace?: string | undefined; labelSelector?: string; fieldSelector?: string },
  ): Promise<T[]>;
  create<T extends KubeObject = KubeObject>(object: KubeObject): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject = KubeObject>(
    object: KubeObject,
    options: { fieldManager: string; force?: boolean; dryRun?: boolean; subresource?: string },
  ): Promise<T>;
  /** Merge patch (default) or JSON patch (array). */
  patch<T extends KubeObject = KubeObject>(
    ref: NamedRef,
    patch: object | readonly object[],
    options?: { subresource?: string; dryRun?: boolean; fieldManager?: string },
  ): Promise<T>;
  /** Deletes; an object that is already gone is no error. With `uid` or `resourceVersion` only that very object (`Conflict` otherwise). */
  delete(
    ref: NamedRef,
    options?: {
      propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
      uid?: string;
      resourceVersion?: string;
      gracePeriodSeconds?: number;
    },
  ): Promise<void>;
  /**
   * List + watch that heals itself: re-lists on 410, on a broken stream and after silence; gives synthetic DELETED events for what vanished
   * between two lists. Runs until the signal aborts; errors go to `onError` and are retried with backoff.
   */
  watch<T extends KubeObject = KubeObject>(
    kind: KindRef,
    onEvent: (event: KubeWatchEvent<T>) => void,
    signal: AbortSignal,
    options?: WatchOptions,
  ): Promise<void>;
  /** The API path of an object, from discovery. */
  path(ref: KindRef & { namespace?: string | undefined; name?: string }): Promise<string>;
  /** Plural, scope and verbs of a kind, from discovery. Throws `NotFound` when the server does not serve it. */
  resource(kind: KindRef): Promise<ResourceInfo>;
  /** Forget discovery (after CRDs were applied). */
  resetDiscovery(): void;
  close(): void;
}
