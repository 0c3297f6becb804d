import type { KindRef, KubeClient, KubeObject, KubeWatchEvent } from './types.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  /** Named indexes: each gives the keys an object is found under. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly onEvent?: (event: KubeWatchEvent<T>) => void;
  readonly onError?: (error: unknown) => void;
}

/** A watch cache of one kind. Objects are shared: treat them as read-only. `managedFields` are dropped to keep it small. */
export interface Informer<T extends KubeObject> {
  /** Starts watching; resolves when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once the first list is in. */
  synced(signal?: AbortSignal): Promise<void>;
  get(name: string, namespace?: string): T | undefined;
  list(namespace?: string): T[];
  byIndex(index: string, key: string): T[];
  readonly size: number;
}

const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/**
 * @example const nodes = createInformer(kube, { apiVersion: 'v1', kind: 'Node' }, {});
 *          void nodes.run(signal); await nodes.synced(); nodes.list();
 */
export function createInformer<T extends KubeObject = KubeObject>(
  kube: KubeClient,
  kind: KindRef,
  options: InformerOptions<T>,
): Informer<T> {
  const objects = new Map<string, T>();
  const indexes = new Map<string, Map<string, Set<string>>>(Object.keys(options.indexes ?? {}).map((name) => [name, new Map()]));
  const firstList = Promise.withResolvers<void>();

  function unindex(key: string, object: T | undefined): void {
    if (object === undefined) return;
    for (const [name, index] of indexes)
      for (const value of options.indexes?.[name]?.(object) ?? []) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
  }

  function onEvent(event: KubeWatchEvent<T>): void {
    const key = keyOf(event.object);
    delete event.object.metadata.managedFields;
    unindex(key, objects.get(key));
    if (event.type === 'DELETED') objects.delete(key);
    else {
      objects.set(key, event.object);
      for (const [name, index] of indexes)
        for (const value of options.indexes?.[name]?.(event.object) ?? []) {
          const keys = index.get(value) ?? new Set();
          index.set(value, keys.add(key));
        }
    }
    options.onEvent?.(event);
  }

  return {
    run: (signal) =>
      kube.watch<T>(kind, onEvent, signal, {
        namespace: options.namespace,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        metadataOnly: options.metadataOnly ?? false,
        onSynced: () => firstList.resolve(),
        ...(options.onError === undefined ? {} : { onError: options.onError }),
      }),
    synced: (signal) => {
      if (signal === undefined) return firstList.promise;
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        firstList.promise.then(resolve, reject);
      });
    },
    get: (name, namespace) => objects.get(`${namespace ?? ''}/${name}`),
    list: (namespace) => [...objects.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace),
    byIndex: (index, key) =>
      [...(indexes.get(index)?.get(key) ?? [])].flatMap((objectKey) => {
        const object = objects.get(objectKey);
        return object === undefined ? [] : [object];
      }),
    get size() {
      return objects.size;
    },
  };
}
