import { backoff, type Logger, messageOf, sleep } from '@slipway/kit';
import type { WatchEvent } from '@slipway/model';
import type { Change, WatchFilter } from './changes.ts';

export interface FeedDeps {
  /** Changes after a position in order, at most a page; undefined when the log no longer reaches back that far. */
  readonly read: (after: number) => Promise<{ changes: readonly Change[]; more: boolean } | undefined>;
  /** The revision of this moment. */
  readonly now: () => Promise<number>;
  readonly logger: Logger;
  /** Events a watcher may be behind before its buffer is dropped and it reads the log itself, at its own speed. */
  readonly bufferSize: number;
}

export type Bookmark = Extract<WatchEvent, { type: 'BOOKMARK' }>;
export type FeedItem<Event extends WatchEvent = WatchEvent> = { readonly rv: number; readonly event: Event | Bookmark };

/** What one watcher gets from the feed: everything after `start` that passes its filter. */
export interface Subscription<Event extends WatchEvent = WatchEvent> {
  readonly start: number;
  /** Waits for items; undefined when the buffer overflowed or the feed lost its place: catch up from the log and subscribe again. An empty array on abort. */
  take(): Promise<readonly FeedItem<Event>[] | undefined>;
  close(): void;
}

/** Watchers that ask for the same: their filter is run once for all of them. */
interface Group {
  readonly filter: WatchFilter;
  readonly entries: Set<Entry>;
}

interface Entry {
  items: FeedItem[];
  lost: boolean;
  wake: () => void;
}

/**
 * Reads the change log once per process and hands each change to every watcher it concerns. Because numbers are in commit order, reading "everything after
 * the last number I saw" can skip nothing; and a change written here that is the very next number needs no reading.
 */
export function createChangeFeed(deps: FeedDeps) {
  const groups = new Map<string, Group>();
  const entries = new Set<Entry>();
  let position: number | undefined;
  let starting: Promise<number> | undefined;
  let pumping = false;
  let again = false;
  let failures = 0;

  const deliver = (change: Change) => {
    for (const group of groups.values()) {
      const event = group.filter(change);
      if (event === undefined) continue;
      const item = { rv: change.rv, event };
      for (const entry of group.entries) {
        if (entry.lost) continue;
        entry.items.push(item);
        if (entry.items.length > deps.bufferSize) lose(entry);
        entry.wake();
      }
    }
  };
  const join = (key: string, filter: WatchFilter, entry: Entry): Group => {
    const group = groups.get(key) ?? { filter, entries: new Set() };
    groups.set(key, group);
    group.entries.add(entry);
    entries.add(entry);
    return group;
  };
  const leave = (key: string, group: Group, entry: Entry) => {
    entries.delete(entry);
    group.entries.delete(entry);
    if (group.entries.size === 0 && groups.get(key) === group) groups.delete(key);
  };
  const lose = (entry: Entry) => {
    entry.lost = true;
    entry.items = [];
    entry.wake();
  };
  const drain = async () => {
    while (entries.size > 0 && position !== undefined) {
      const page = await deps.read(position);
      if (page === undefined) {
        position = undefined;
        for (const entry of entries) lose(entry);
        return;
      }
      for (const change of page.changes) {
        position = change.rv;
        deliver(change);
      }
      failures = 0;
      if (!page.more) return;
    }
  };
  const pump = async () => {
    pumping = true;
    do {
      again = false;
      try {
        await drain();
      } catch (error) {
        deps.logger.warn({ error: messageOf(error) }, 'reading the change log failed, trying again');
        await sleep(backoff(failures++, { baseMs: 50, maxMs: 5000 }));
        again = entries.size > 0;
      }
    } while (again);
    pumping = false;
    // With nobody watching, the next watcher starts from the revision of its own moment.
    if (entries.size === 0) position = undefined;
  };
  const poke = (upTo?: number) => {
    if (entries.size === 0 || (upTo !== undefined && position !== undefined && upTo <= position)) return;
    if (pumping) again = true;
    else void pump();
  };

  return {
    /** Something was written, here or by another replica; up to this revision, if that is known. */
    poke,
    /** A change that this process has just written. */
    offer(change: Change): void {
      if (pumping || position !== change.rv - 1) return poke(change.rv);
      position = change.rv;
      deliver(change);
    },
    /** `key` says what is asked for: subscriptions of one key share the filter of the first. */
    async subscribe<Event extends WatchEvent>(key: string, filter: WatchFilter<Event>, signal: AbortSignal): Promise<Subscription<Event>> {
      if (position === undefined) {
        starting ??= deps.now().finally(() => {
          starting = undefined;
        });
        const value = await starting;
        position ??= value;
      }
      const entry: Entry = { items: [], lost: false, wake: () => undefined };
      const onAbort = () => entry.wake();
      signal.addEventListener('abort', onAbort, { once: true });
      const group = join(key, filter, entry);
      // A write between reading the revision and this line may have poked when nobody was listening.
      poke();
      return {
        start: position,
        async take() {
          if (entry.items.length === 0 && !entry.lost && !signal.aborted) {
            await new Promise<void>((resolve) => {
              entry.wake = resolve;
            });
            entry.wake = () => undefined;
          }
          if (entry.lost) return undefined;
          const items = entry.items;
          entry.items = [];
          // What passed the filter of this very entry's group, and bookmarks.
          return items as FeedItem<Event>[];
        },
        close() {
          signal.removeEventListener('abort', onAbort);
          leave(key, group, entry);
          if (entries.size === 0 && !pumping) position = undefined;
        },
      };
    },
    /** Tells every watcher how far it has come, so that it can resume from there even if nothing of its kind changes. */
    bookmark() {
      if (position === undefined) return;
      for (const entry of entries) {
        if (entry.lost) continue;
        entry.items.push({ rv: position, event: { type: 'BOOKMARK', resourceVersion: String(position) } });
        entry.wake();
      }
    },
    get watchers() {
      return entries.size;
    },
  };
}
