import type { ApiObject, NewObject, ObjectRef } from './object.ts';

/** Objects that match all that is given: what somebody with a limited permission may see. An empty scope is every object. */
export interface ObjectScope {
  readonly projects?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  /** A label selector in text form. */
  readonly labelSelector?: string | undefined;
  /** A field selector in text form: what somebody has by a field of the object, as the owner of a key. */
  readonly fieldSelector?: string | undefined;
}

export interface ListQuery {
  readonly tenant?: string;
  readonly kind: string;
  readonly project?: string | undefined;
  /** A label selector in Kubernetes' text form: `a=b,c in (d,e),!f`. */
  readonly labelSelector?: string;
  /** `metadata.name=x`, `metadata.namespace=x`, `spec.cluster=x`, … with `=`, `==`, `!=`. */
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  /** Only objects in one of these scopes exist for this query: items, counts and events. Absent: all; an empty list: none. */
  readonly only?: readonly ObjectScope[];
  /** The state at exactly this version, as long as the change log reaches back to it; `Gone` after that. The newest state when absent. */
  readonly resourceVersion?: string;
}

export interface ObjectList {
  readonly items: ApiObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** An object and whose it is. */
export interface TenantObject {
  readonly tenant: string;
  readonly object: ApiObject<any, any>;
}

export type TenantEvent = TenantObject & { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' };

/** Objects of every tenant at once: for what Slipway does by itself, never for a request. */
export interface FleetReader {
  listAll(kind: string): Promise<{ readonly items: readonly TenantObject[]; readonly resourceVersion: string }>;
  /** As {@link ObjectStore.watch}, without bookmarks. */
  watchAll(kind: string, resourceVersion: string, signal: AbortSignal): AsyncIterable<TenantEvent>;
}

/** What controllers work on. */
export type FleetStore = ObjectStore & FleetReader;

export interface WriteOptions {
  /** Everything is checked and the result returned, nothing is stored. */
  readonly dryRun?: boolean;
  /** On whose behalf, as quotas name users: held to the quotas and to the rules that changes must leave true, and remembered as the maker of what is created. Without it: Slipway itself, which neither stops. */
  readonly by?: string;
}

export interface DeleteOptions extends WriteOptions {
  /** What happens to the objects that name this one as their owner. Without it: they are deleted after it. */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * The port to stored objects. `packages/store` implements it; the API, the controllers and the hub know only this.
 *
 * Rules it keeps: `resourceVersion` grows with every write; `update` fails with `Conflict` when the object's `metadata.resourceVersion` is set and is not the
 * stored one; `generation` grows only when `spec` changes; `create` fails with `AlreadyExists`; deleting an object that has finalizers sets
 * `deletionTimestamp`, and the object goes when its last finalizer goes; watches never skip, repeat or reorder an object's events.
 */
export interface ObjectStore {
  get(ref: ObjectRef): Promise<ApiObject | undefined>;
  list(query: ListQuery): Promise<ObjectList>;
  create(object: NewObject, options?: WriteOptions & { tenant?: string }): Promise<ApiObject>;
  /** Replaces metadata (labels, annotations, finalizers, owners) and spec; status is kept. */
  update(object: ApiObject, options?: WriteOptions & { tenant?: string }): Promise<ApiObject>;
  /** Replaces status only; the owners of fields too when they are given, because they change with it. */
  updateStatus(object: ApiObject, options?: WriteOptions & { tenant?: string; managedFields?: unknown[] }): Promise<ApiObject>;
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<ApiObject>;
  /** A spec that is about to be written, with the mask in place of every secret that is stored just so: what is written again as it is changes nothing, and takes no field from anybody. */
  maskStored<T>(ref: ObjectRef, spec: T): Promise<T>;
  /** Events after `resourceVersion`; rejects with `Gone` when the change log no longer reaches back that far. Ends when the signal aborts. */
  watch(query: ListQuery, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
}
