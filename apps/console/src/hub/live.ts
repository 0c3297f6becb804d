import { collectionPath, type KindAddress, type Transport } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import type { ApiObject } from '@slipway/model';
import { SUMMARIES } from './summaries.ts';
import { createStream, type StreamPart, type StreamState } from './stream.ts';

/** What a page wants to see of a kind. */
export interface Want {
  readonly kind: KindAddress;
  readonly project?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface Collection<T extends ApiObject = ApiObject> {
  readonly items: readonly T[];
  /** `loading`: the first pages may be there already. */
  readonly state: 'loading' | 'ready' | 'failed';
  readonly error?: SlipwayError;
}

interface Entry {
  readonly want: Want;
  readonly items: Map<string, ApiObject>;
  resourceVersion: string | undefined;
  snapshot: Collection;
  readonly listeners: Set<() => void>;
  changed: boolean;
  /** Watching was refused right after listing was not. */
  refused: boolean;
  drop: ReturnType<typeof setTimeout> | undefined;
}

const PAGE = 500;
/** The first page is small: what is seen first should not wait for what is below it. */
const FIRST_PAGE = 100;
/** Going back within this time finds everything as it was. */
const LINGER_MS = 20_000;
/** Changes are shown together: a thousand a second are ten renderings. */
const FLUSH_MS = 100;
const RELOAD_MS = 3000;
const LOADING: Collection = { items: [], state: 'loading' };

/**
 * Collections of the hub as they are now: listed page by page, then kept by one stream for the whole tab, however many there are. What a stream missed while it was away comes
 * with the version to go on from; when that is too old, the collection is listed anew.
 */
export function createLive(transport: Transport) {
  const entries = new Map<string, Entry>();
  let flushing: ReturnType<typeof setTimeout> | undefined;

  const stream = createStream(transport, {
    onEvent(key, type, object) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.resourceVersion = object.metadata.resourceVersion;
      entry.refused = false;
      if (type === 'BOOKMARK') return;
      if (type === 'DELETED') entry.items.delete(object.metadata.uid);
      else entry.items.set(object.metadata.uid, shownOf(entry.want, object));
      note(entry);
    },
    onRefused(key, error) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.resourceVersion = undefined;
      // What was allowed is so no longer: listing says why in full. Who may list and not watch is refused twice.
      if (error.code === 'Gone' || !entry.refused) {
        entry.refused = error.code !== 'Gone';
        return void load(key, entry);
      }
      fail(key, entry, error);
    },
  });

  const parts = (): StreamPart[] =>
    [...entries].flatMap(([key, { want, resourceVersion }]) =>
      resourceVersion === undefined ? [] : [{ key, address: addressOf(want, resourceVersion) }],
    );

  function note(entry: Entry): void {
    entry.changed = true;
    flushing ??= setTimeout(() => {
      flushing = undefined;
      for (const one of entries.values()) if (one.changed) publish(one, { ...one.snapshot, items: [...one.items.values()] });
    }, FLUSH_MS);
  }

  function publish(entry: Entry, snapshot: Collection): void {
    entry.changed = false;
    entry.snapshot = snapshot;
    for (const listener of entry.listeners) listener();
  }

  function fail(key: string, entry: Entry, error: unknown): void {
    const told = error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));
    // The page says that the session ended, and goes on from here when it is back.
    if (told.code === 'Unauthorized' && entry.snapshot.state === 'ready') return;
    // What somebody may not see any more does not stay in a list.
    if (told.code === 'Forbidden') entry.items.clear();
    publish(entry, { items: [...entry.items.values()], state: 'failed', error: told });
    // Asking again makes nothing of these.
    if (told.code === 'Forbidden' || told.code === 'Unauthorized' || told.code === 'NotFound') return;
    setTimeout(() => entries.get(key) === entry && void load(key, entry), RELOAD_MS);
  }

  async function load(key: string, entry: Entry): Promise<void> {
    const { kind, project, fieldSelector } = entry.want;
    const seen = new Map<string, ApiObject>();
    try {
      let more: string | undefined;
      do {
        const query = { limit: String(more === undefined ? FIRST_PAGE : PAGE), continue: more, fieldSelector };
        const page = JSON.parse(await transport.text(collectionPath(kind, project), { query })) as {
          items: ApiObject[];
          metadata: { resourceVersion: string; continue?: string };
        };
        for (const item of page.items) seen.set(item.metadata.uid, shownOf(entry.want, item));
        more = page.metadata.continue === '' ? undefined : page.metadata.continue;
        entry.resourceVersion = more === undefined ? page.metadata.resourceVersion : undefined;
        if (more !== undefined && entry.items.size < seen.size) publish(entry, { items: [...seen.values()], state: 'loading' });
      } while (more !== undefined);
      entry.items.clear();
      for (const [uid, item] of seen) entry.items.set(uid, item);
      publish(entry, { items: [...entry.items.values()], state: 'ready' });
      stream.follow(parts);
    } catch (error) {
      if (entries.get(key) === entry) fail(key, entry, error);
    }
  }

  return {
    subscribe(want: Want, listener: () => void): () => void {
      const key = keyOf(want);
      let entry = entries.get(key);
      if (entry === undefined) {
        entry = {
          want,
          items: new Map(),
          resourceVersion: undefined,
          snapshot: LOADING,
          listeners: new Set(),
          changed: false,
          refused: false,
          drop: undefined,
        };
        entries.set(key, entry);
        void load(key, entry);
      }
      clearTimeout(entry.drop);
      entry.listeners.add(listener);
      const held = entry;
      return () => {
        held.listeners.delete(listener);
        if (held.listeners.size > 0) return;
        held.drop = setTimeout(() => {
          entries.delete(key);
          stream.follow(parts);
        }, LINGER_MS);
      };
    },
    /** Whoever was away is back: what failed is listed again, the rest goes on from where it was. */
    resume(): void {
      for (const [key, entry] of entries) if (entry.resourceVersion === undefined) void load(key, entry);
      stream.follow(parts);
    },
    snapshot: (want: Want): Collection => entries.get(keyOf(want))?.snapshot ?? LOADING,
    stream: stream.state,
  };
}
export type { StreamState };

const keyOf = ({ kind, project = '', fieldSelector = '' }: Want): string => `${kind.plural}|${project}|${fieldSelector}`;

function addressOf({ kind, project, fieldSelector }: Want, resourceVersion: string): string {
  const query = new URLSearchParams({ resourceVersion, ...(fieldSelector === undefined ? {} : { fieldSelector }) });
  return `${project === undefined || kind.scope !== 'project' ? '' : `namespaces/${project}/`}${kind.plural}?${query.toString()}`;
}

/** Who owns which field is of no use to a page and the largest part of many objects. */
function slim(object: ApiObject): ApiObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What is kept of an object. Of a whole fleet only what lists and overviews show: the steps and layers of five thousand clusters are most of what they weigh. */
function shownOf({ kind, fieldSelector }: Want, object: ApiObject): ApiObject {
  const slimmed = slim(object);
  const summary = fieldSelector === undefined ? SUMMARIES[kind.plural] : undefined;
  return summary === undefined ? slimmed : summary(slimmed);
}
