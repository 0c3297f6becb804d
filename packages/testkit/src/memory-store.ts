import { newUid, SlipwayError, type Clock } from '@slipway/kit';
import {
  DEFAULT_TENANT,
  deepEqual,
  type ApiObject,
  type FleetStore,
  type ListQuery,
  type ObjectRef,
  type WatchEvent,
  fieldsMatch,
  kindNamed,
  labelsMatch,
  parseFieldSelector,
  parseLabelSelector,
  scopesMatcher,
  withDefaults,
} from '@slipway/model';

interface Change {
  readonly rv: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly tenant: string;
  readonly object: ApiObject;
  readonly prev: ApiObject | undefined;
}

export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Called before each write that would change something; throwing makes the write fail and nothing is stored: how a test kills a program between two writes. */
  readonly beforeWrite?: (write: { readonly verb: string; readonly ref: ObjectRef }) => void;
}

export interface MemoryStore extends FleetStore {
  /** Writes that changed something so far. */
  readonly writes: number;
}

const keyOf = (ref: ObjectRef): string => JSON.stringify([ref.tenant ?? DEFAULT_TENANT, ref.kind, ref.project ?? '', ref.name]);
const copy = <T>(value: T): T => structuredClone(value);

/** An ObjectStore in memory that keeps the contract of the real one (`memory-store.test.ts` runs the same checks on both), for tests that need thousands of them. */
export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const objects = new Map<string, { tenant: string; object: ApiObject }>();
  const log: Change[] = [];
  const watchers = new Set<() => void>();
  let revision = 0;

  const now = (): string => new Date(options.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');

  function commit(verb: string, ref: ObjectRef, type: Change['type'], object: ApiObject): ApiObject {
    options.beforeWrite?.({ verb, ref });
    const key = keyOf(ref);
    const prev = objects.get(key)?.object;
    revision += 1;
    const kind = kindNamed(object.kind);
    const spec = kind === undefined ? object.spec : withDefaults(kind, object.spec);
    const stored = { ...object, spec, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    const tenant = ref.tenant ?? DEFAULT_TENANT;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, { tenant, object: stored });
    log.push({ rv: revision, type, tenant, object: stored, prev });
    for (const wake of watchers) wake();
    return copy(stored);
  }

  function find(ref: ObjectRef): ApiObject {
    const found = objects.get(keyOf(ref))?.object;
    if (!found) throw new SlipwayError('NotFound', `${ref.kind} "${ref.name}" was not found.`);
    return found;
  }

  function change(
    ref: ObjectRef,
    expected: { uid?: string; resourceVersion?: string },
    verb: string,
    compute: (old: ApiObject) => { object: ApiObject; remove?: boolean },
    dryRun = false,
  ): ApiObject {
    const old = find(ref);
    if (
      (expected.uid && expected.uid !== old.metadata.uid) ||
      (expected.resourceVersion && expected.resourceVersion !== old.metadata.resourceVersion)
    ) {
      throw new SlipwayError('Conflict', `${ref.kind} "${ref.name}" has been modified.`);
    }
    const { object, remove } = compute(copy(old));
    if ((!remove && deepEqual(object, old)) || dryRun) return copy(object);
    return commit(verb, ref, remove ? 'DELETED' : 'MODIFIED', object);
  }

  const refOf = (
    object: { kind: string; metadata: { namespace?: string | undefined; name?: string | undefined } },
    tenant?: string,
  ): ObjectRef => ({
    ...(tenant === undefined ? {} : { tenant }),
    kind: object.kind,
    project: object.metadata.namespace,
    name: object.metadata.name ?? '',
  });

  function matcher(query: ListQuery): (object: ApiObject, tenant: string) => boolean {
    const labels = parseLabelSelector(query.labelSelector);
    const fields = parseFieldSelector(query.fieldSelector);
    const visible = query.only === undefined ? () => true : scopesMatcher(query.only);
    return (object, tenant) =>
      visible(object) &&
      tenant === (query.tenant ?? DEFAULT_TENANT) &&
      object.kind === query.kind &&
      (query.project === undefined || object.metadata.namespace === query.project) &&
      labelsMatch(labels, object.metadata.labels) &&
      fieldsMatch(fields, object);
  }

  return {
    get writes() {
      return log.length;
    },
    async get(ref) {
      const found = objects.get(keyOf(ref));
      return found && copy(found.object);
    },
    async list(query) {
      const matches = matcher(query);
      const sortKey = ({ metadata }: ApiObject) => `${metadata.namespace ?? ''}\u0000${metadata.name}`;
      const items = [...objects.values()].filter(({ object, tenant }) => matches(object, tenant)).map(({ object }) => copy(object));
      return { items: items.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)), resourceVersion: String(revision) };
    },
    async create(input, { dryRun = false, tenant } = {}) {
      const ref = refOf(input, tenant);
      if (objects.has(keyOf(ref))) throw new SlipwayError('AlreadyExists', `${input.kind} "${ref.name}" already exists.`);
      const object = {
        ...copy(input),
        apiVersion: input.apiVersion ?? 'slipway.dev/v1',
        metadata: { ...copy(input.metadata), name: ref.name, uid: newUid(), resourceVersion: '0', generation: 1, creationTimestamp: now() },
      } as ApiObject;
      return dryRun ? object : commit('create', ref, 'ADDED', object);
    },
    async update(object, { dryRun = false, tenant } = {}) {
      return change(
        refOf(object, tenant),
        object.metadata,
        'update',
        (old) => {
          const { labels, annotations, finalizers, ownerReferences, managedFields } = copy(object.metadata);
          const given = Object.fromEntries(
            Object.entries({ labels, annotations, finalizers, ownerReferences, managedFields }).filter(([, value]) => value !== undefined),
          );
          const kept = Object.fromEntries(
            Object.entries(old.metadata).filter(
              ([key]) => !['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'].includes(key),
            ),
          );
          const generation = old.metadata.generation + (deepEqual(old.spec, object.spec) ? 0 : 1);
          const next = { ...old, spec: copy(object.spec), metadata: { ...kept, ...given, generation } as ApiObject['metadata'] };
          return { object: next, remove: Boolean(old.metadata.deletionTimestamp) && (finalizers ?? []).length === 0 };
        },
        dryRun,
      );
    },
    async updateStatus(object, { dryRun = false, tenant, managedFields } = {}) {
      return change(
        refOf(object, tenant),
        object.metadata,
        'updateStatus',
        (old) => ({
          object: {
            ...old,
            metadata: { ...old.metadata, ...(managedFields === undefined ? {} : { managedFields: copy(managedFields) }) },
            status: copy(object.status),
          },
        }),
        dryRun,
      );
    },
    async delete(ref, deletion = {}) {
      return change(
        ref,
        deletion,
        'delete',
        (old) => {
          const deletionTimestamp = old.metadata.deletionTimestamp ?? now();
          const generation = old.metadata.generation + (old.metadata.deletionTimestamp ? 0 : 1);
          if ((old.metadata.finalizers ?? []).length === 0) return { object: old, remove: true };
          return { object: { ...old, metadata: { ...old.metadata, deletionTimestamp, generation } } };
        },
        deletion.dryRun,
      );
    },
    // It keeps secrets as they are.
    maskStored: async (_ref, spec) => spec,
    async listAll(kind) {
      const items = [...objects.values()].filter(({ object }) => object.kind === kind);
      return { items: copy(items), resourceVersion: String(revision) };
    },
    async *watchAll(kind, resourceVersion, signal) {
      let position = Number(resourceVersion);
      while (!signal.aborted) {
        const news = log.filter((entry) => entry.rv > position);
        for (const { rv, object, tenant, type } of news) {
          position = rv;
          if (object.kind === kind) yield { type, tenant, object: copy(object) };
        }
        if (news.length === 0) await newsOrEnd(watchers, signal);
      }
    },
    async *watch(query, resourceVersion, signal) {
      const matches = matcher(query);
      let position = Number(resourceVersion);
      while (!signal.aborted) {
        const news = log.filter((entry) => entry.rv > position);
        for (const { rv, object, prev, tenant, type } of news) {
          position = rv;
          const before = prev !== undefined && matches(prev, tenant);
          const after = type !== 'DELETED' && matches(object, tenant);
          if (after) yield { type: before ? 'MODIFIED' : 'ADDED', object: copy(object) } satisfies WatchEvent;
          else if (before) yield { type: 'DELETED', object: copy(object) } satisfies WatchEvent;
        }
        if (news.length === 0) await newsOrEnd(watchers, signal);
      }
    },
  };
}

function newsOrEnd(watchers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      watchers.delete(end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    watchers.add(end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
