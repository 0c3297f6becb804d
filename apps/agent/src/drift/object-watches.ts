import type { Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';

/** One stream: all objects of a kind in a namespace (or of the whole cluster), metadata only. */
export interface WatchScope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
}

export interface ObjectWatches {
  /** Exactly these scopes are watched from now on; streams that are open already stay open. */
  setScopes(scopes: readonly WatchScope[], signal: AbortSignal): void;
  /** Whether the first list of this scope is in. */
  isSynced(scope: WatchScope): boolean;
}

export interface ObjectWatchesDeps {
  readonly kube: KubeClient;
  readonly logger: Logger;
  onEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void;
  /** After every full list of a scope. */
  onSynced(scope: WatchScope): void;
}

export const scopeKey = (scope: WatchScope): string => `${scope.apiVersion}/${scope.kind}/${scope.namespace ?? ''}`;

export function createObjectWatches(deps: ObjectWatchesDeps): ObjectWatches {
  const open = new Map<string, { readonly stop: AbortController; synced: boolean }>();
  return {
    isSynced: (scope) => open.get(scopeKey(scope))?.synced ?? false,
    setScopes(scopes, signal) {
      const wanted = new Map(scopes.map((scope) => [scopeKey(scope), scope]));
      for (const [key, stream] of open) {
        if (wanted.has(key)) continue;
        open.delete(key);
        stream.stop.abort();
      }
      for (const [key, scope] of wanted) {
        if (open.has(key)) continue;
        const stream = { stop: new AbortController(), synced: false };
        open.set(key, stream);
        void deps.kube.watch(scope, (event) => deps.onEvent(event.type, event.object), AbortSignal.any([signal, stream.stop.signal]), {
          namespace: scope.namespace,
          metadataOnly: true,
          onSynced: () => {
            stream.synced = true;
            deps.onSynced(scope);
          },
          onError: (error) => deps.logger.debug({ error, scope: key }, 'a watch broke and is opened again'),
        });
      }
    },
  };
}
