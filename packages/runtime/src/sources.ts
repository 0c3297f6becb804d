import { backoff, messageOf, SlipwayError, type Logger } from '@slipway/kit';
import type { ApiObject, FleetReader, TenantEvent } from '@slipway/model';
import type { Urgency } from './queue.ts';
import type { Timers } from './timers.ts';

/** Something that makes keys due. `run` ends with the signal. */
export interface Source {
  run(wake: (key: string, urgency?: Urgency) => void, signal: AbortSignal): Promise<void>;
}

export interface ChangesDeps {
  readonly store: FleetReader;
  readonly timers: Timers;
  readonly logger: Logger;
}

/**
 * Wakes the keys an object belongs to, of whatever tenant: all of them at the start, then on every change. Lists again when the watch breaks off or its history is gone.
 *
 * With `specOnly`, changes of status alone wake nobody: for controllers of other kinds, which would otherwise run for every word of progress.
 *
 * @example changed(deps, 'MachinePool', (pool, tenant) => [`${tenant}/${pool.metadata.namespace}/${pool.spec.cluster}`])
 */
export function changed(
  deps: ChangesDeps,
  kind: string,
  keysOf: (object: ApiObject<any, any>, tenant: string) => readonly string[] | Promise<readonly string[]>,
  options: { readonly specOnly?: boolean } = {},
): Source {
  return {
    async run(wake, signal) {
      const isNews = options.specOnly ? newGenerations() : () => true;
      let failures = 0;
      while (!signal.aborted) {
        try {
          const list = await listedOnce(deps.store, kind);
          // Each key once: thousands of objects of one key would run it again and again while they are gone through.
          const keys = new Set<string>();
          for (const { object, tenant } of list.items) {
            isNews({ type: 'ADDED', object, tenant });
            for (const key of await keysOf(object, tenant)) keys.add(key);
          }
          for (const key of keys) wake(key, 'background');
          failures = 0;
          for await (const event of deps.store.watchAll(kind, list.resourceVersion, signal)) {
            if (!isNews(event)) continue;
            for (const key of await keysOf(event.object, event.tenant)) wake(key, 'now');
          }
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof SlipwayError && error.code === 'Gone')) {
            deps.logger.warn({ kind, error: messageOf(error) }, 'watch broke off, listing again');
          }
        }
        if (!signal.aborted) await pause(deps.timers, backoff(failures++, { baseMs: 100, maxMs: 15_000 }), signal);
      }
    },
  };
}

/** Says whether an event is more than a change of status or annotations; a generation also moves when a deletion starts. */
function newGenerations(): (event: TenantEvent) => boolean {
  const seen = new Map<string, number>();
  return ({ type, object: { metadata } }) => {
    const before = seen.get(metadata.uid);
    if (type === 'DELETED') seen.delete(metadata.uid);
    else seen.set(metadata.uid, metadata.generation);
    return type !== 'MODIFIED' || before !== metadata.generation;
  };
}

/** Wakes keys from callbacks of something outside the store, such as the link. */
export function calledBack(subscribe: (wake: (key: string) => void, signal: AbortSignal) => void): Source {
  return {
    run(wake, signal) {
      subscribe((key) => wake(key, 'now'), signal);
      return pause(undefined, Number.POSITIVE_INFINITY, signal);
    },
  };
}

/** Resolves after `ms` milliseconds or when the signal aborts, whichever is first. */
export function pause(timers: Timers | undefined, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = timers?.after(ms, finish);
    function finish(): void {
      cancel?.();
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish, { once: true });
  });
}

type Listed = ReturnType<FleetReader['listAll']>;
const listings = new WeakMap<FleetReader, Map<string, Listed>>();

/**
 * At a start many controllers list the same kind at once: thousands of objects are read for them once. Whoever joins a list that is on its way may get a state from before it asked,
 * and goes on with a watch from exactly there.
 */
function listedOnce(store: FleetReader, kind: string): Listed {
  const ofStore = listings.get(store) ?? new Map<string, Listed>();
  listings.set(store, ofStore);
  const listing = ofStore.get(kind) ?? store.listAll(kind).finally(() => ofStore.delete(kind));
  ofStore.set(kind, listing);
  return listing;
}
