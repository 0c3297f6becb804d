import { backoff, canonicalJson, sleep, SlipwayError } from '@slipway/kit';
import { DEFAULT_TENANT, type ListQuery, type WatchEvent } from '@slipway/model';
import type { Bookmark, createChangeFeed, Subscription } from './change-feed.ts';
import { goneError, readChanges, type WatchFilter } from './changes.ts';
import type { Database } from './database.ts';

/** Where one watch is, shared by its two sources. */
interface Place<Event extends WatchEvent> {
  readonly kind: string;
  /** Undefined: of every tenant. */
  readonly tenant: string | undefined;
  /** The same for watches that get the same events. */
  readonly asked: string;
  readonly withoutPrev: boolean;
  readonly filter: WatchFilter<Event>;
  readonly signal: AbortSignal;
  position: number;
}

const PAGE = 500;
/** A watch that finds the database away looks again this often, for half a minute in all and longer while connections are waited for. */
const PATIENCE = 10;

const isPassing = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'Unavailable';

/** The same for queries that get the same events. */
export const askedBy = ({ tenant = DEFAULT_TENANT, kind, project, labelSelector, fieldSelector, only }: ListQuery): string =>
  canonicalJson([tenant, kind, project ?? null, labelSelector ?? '', fieldSelector ?? '', only ?? null]);

/** Watches from any resource version: first from the change log, then from the feed of what is written now, and from the log again when a watcher fell behind. */
export function createWatches(database: Database, feed: ReturnType<typeof createChangeFeed>) {
  return { watch };

  async function* watch<Event extends WatchEvent>(place: Place<Event>): AsyncGenerator<Event | Bookmark> {
    let failures = 0;
    while (!place.signal.aborted) {
      let subscription: Subscription<Event> | undefined;
      try {
        subscription = await feed.subscribe(place.asked, place.filter, place.signal);
        yield* fromLog(place, subscription.start);
        failures = 0;
        yield* fromFeed(place, subscription);
      } catch (error) {
        // It goes on where it was: whoever watches need not know of a database that is away for a moment, nor list everything again because of it.
        if (!isPassing(error) || failures >= PATIENCE) throw error;
        await sleep(backoff(failures++, { baseMs: 100, maxMs: 5000 }), place.signal).catch(() => undefined);
      } finally {
        subscription?.close();
      }
    }
  }

  /** Up to where the feed began. */
  async function* fromLog<Event extends WatchEvent>(place: Place<Event>, start: number): AsyncGenerator<Event> {
    const { kind, tenant, withoutPrev, filter, signal } = place;
    const range = { limit: PAGE, kind, tenant, withoutPrev };
    for (let more = true; more && !signal.aborted;) {
      const page = await readChanges(database, { ...range, after: place.position, upTo: Math.max(place.position, start) });
      // A version from the future is from before a restored backup: list again.
      if (page.compacted > place.position || place.position > page.value) throw goneError(place.position, page.compacted);
      for (const entry of page.changes) {
        const event = filter(entry);
        place.position = entry.rv;
        if (event !== undefined) yield event;
      }
      more = page.more;
    }
    place.position = Math.max(place.position, start);
  }

  /** Until the buffer overflows; then the log has the rest. */
  async function* fromFeed<Event extends WatchEvent>(
    place: Place<Event>,
    subscription: Subscription<Event>,
  ): AsyncGenerator<Event | Bookmark> {
    for (let items = await subscription.take(); items !== undefined && !place.signal.aborted; items = await subscription.take()) {
      for (const { rv, event } of items) {
        // A list may be newer than the feed was when this watch joined it.
        if (event.type === 'BOOKMARK' ? rv < place.position : rv <= place.position) continue;
        place.position = rv;
        yield event;
      }
    }
  }
}
