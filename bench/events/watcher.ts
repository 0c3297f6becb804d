import { sleep } from '@slipway/kit';
import type { Seen, Selection } from './history.ts';
import { COLLECTION, INITIAL_EVENTS_END, itemsOf, list, rvOf, selector, valueOf, type WireEvent, type WireObject } from './objects.ts';
import type { Problem } from './problems.ts';
import type { Found, Sighting, Snapshot, Stretch } from './verify.ts';
import { type AfterLine, isUnavailable, oneOf, type Refusals, type Wire } from './wire.ts';

/** Resource versions that a watcher remembers to go back to. */
const REMEMBERED = 2000;

/** What all clients did, as numbers. */
export interface Counts extends Refusals {
  connections: number;
  resumedAtLast: number;
  resumedEarlier: number;
  relists: number;
  streamedLists: number;
  bookmarks: number;
  gone: number;
  /** Watches that the hub ended with "not now". */
  interrupted: number;
  broken: number;
  lists: number;
  pagedLists: number;
  exactLists: number;
}

export interface ClientDeps {
  readonly who: string;
  readonly selection: Selection;
  readonly wire: Wire;
  readonly random: () => number;
  readonly counts: Counts;
  /** For what should not be: an answer that no client of Kubernetes has to expect. */
  readonly problem: (problem: Problem) => void;
}

interface Open {
  from: number;
  to: number;
  events: Seen[];
}

type Start = { readonly from: number } | 'list' | 'stream';

/**
 * Lists and watches as clients of Kubernetes do, and loses its connection at any time: it goes on where it was, from any resource version it has seen before, from a list or from a
 * streamed list. `faithful`: it never begins anew unless it has to, so that nothing is written that it does not get.
 */
export function createWatcher(deps: ClientDeps, { faithful }: { faithful: boolean }) {
  const { who, selection, wire, random, counts } = deps;
  const remembered: number[] = [];
  let stretches: Stretch[] = [];
  let snapshots: Snapshot[] = [];
  let sightings: Sighting[] = [];
  let open: Open | undefined;
  let place: number | undefined;
  let attempts = 0;
  let failures = 0;

  const remember = (rv: number): void => {
    if (remembered.length < REMEMBERED) remembered.push(rv);
    else remembered[Math.floor(random() * REMEMBERED)] = rv;
  };
  const close = (): void => {
    if (open === undefined) return;
    stretches.push({ who, selection, ...open });
    open = undefined;
  };
  const begin = (from: number): void => {
    close();
    open = { from, to: from, events: [] };
    place = from;
  };
  const reached = (rv: number): void => {
    if (open !== undefined) open.to = rv;
    place = rv;
    if (random() < 0.2) remember(rv);
  };
  const saw = (type: Seen['type'], object: WireObject): void => {
    const { name, uid, generation } = object.metadata;
    const event = { rv: rvOf(object), type, name, uid, value: valueOf(object) };
    open?.events.push(event);
    if (selection === 'all') sightings.push({ ...event, generation });
    reached(event.rv);
  };

  /** Longer from one failure to the next, as clients do it: a hub that starts has better to do than to refuse. */
  const patience = (least = 0): Promise<void> => sleep(Math.max(least, random() * Math.min(3000, 100 * 2 ** failures++)));
  /** What a refusal means for where this client goes on. */
  const refused = (what: string, status: number): void => {
    if (status === 410) {
      counts.gone++;
      place = undefined;
    } else if (status !== 429 && !isUnavailable(status))
      deps.problem({ kind: 'refused', text: `${who}: ${what} was answered with ${status}` });
  };

  /** Where the next connection begins. */
  const next = (): Start => {
    const choice = random();
    if (place === undefined) return choice < 0.7 ? 'list' : 'stream';
    if (choice < (faithful ? 0.8 : 0.5)) return { from: place };
    if (faithful || choice < 0.7) return { from: oneOf(remembered, random) ?? place };
    return choice < 0.9 ? 'list' : 'stream';
  };

  const relist = async (): Promise<number | void> => {
    counts.relists++;
    const limit = random() < 0.5 ? 0 : 5 + Math.floor(random() * 30);
    const found = await list(wire, { who, selection, limit, between: () => sleep(random() * 20) });
    if ('refused' in found) return refused('a list', found.refused);
    snapshots.push(found);
    return found.rv;
  };

  /** One connection: from its first event to its last. */
  const connect = async (start: number | 'stream'): Promise<void> => {
    counts.connections++;
    const initial: WireObject[] = [];
    let listing = start === 'stream';
    let left = 1 + Math.floor(random() ** 3 * 1500);
    const onLine = (line: string): AfterLine => {
      const event = JSON.parse(line) as WireEvent;
      if (event.type === 'ERROR') {
        const { code } = event.object;
        if (code !== 410) counts.interrupted++;
        refused(`a watch (${line})`, code);
        return 'cut';
      }
      if (event.type === 'BOOKMARK') {
        counts.bookmarks++;
        const rv = rvOf(event.object);
        if (listing && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true') {
          listing = false;
          snapshots.push({ who, selection, rv, items: itemsOf(initial) });
          begin(rv);
        } else if (!listing) reached(rv);
        return undefined;
      }
      if (listing) initial.push(event.object);
      else saw(event.type, event.object);
      if (--left <= 0 && !listing) return 'cut';
      // A slow reader now and then: what waits for it at the hub is bounded, and it has to read the rest from the log.
      return random() < 0.002 ? { pauseMs: random() * 400 } : undefined;
    };
    if (start !== 'stream') begin(start);
    const where = start === 'stream' ? 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&' : `resourceVersion=${start}&`;
    const until = random() < 0.2 ? `timeoutSeconds=${1 + Math.floor(random() * 3)}&` : '';
    const { status, retryAfter = 0 } = await wire.stream(
      `${COLLECTION}?watch=true&allowWatchBookmarks=true&${selector(selection)}${where}${until}`,
      onLine,
    );
    close();
    if (status === 0) counts.broken++;
    else if (status !== 200) refused('a watch', status);
    if (status === 200) failures = 0;
    else await patience(retryAfter * 1000);
  };

  return {
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        attempts++;
        const start = next();
        if (start === 'stream') counts.streamedLists++;
        else if (start !== 'list') counts[start.from === place ? 'resumedAtLast' : 'resumedEarlier']++;
        try {
          const from = start === 'list' ? await relist() : start === 'stream' ? start : start.from;
          if (typeof from === 'number' || from === 'stream') await connect(from);
        } catch {
          // A hub that is being restarted.
          counts.broken++;
          await patience();
        }
      }
    },
    /** Everything up to this resource version has come. */
    has: (rv: number): boolean => open !== undefined && open.to >= rv,
    /** Changes with everything that comes, and says where it is. */
    progress: (): string => (open === undefined ? `${who} between connections, ${attempts}` : `${who} from ${open.from} at ${open.to}`),
    take(): Found {
      const now = open;
      close();
      const found = { stretches, snapshots, sightings };
      [stretches, snapshots, sightings] = [[], [], []];
      if (now !== undefined) open = { from: now.to, to: now.to, events: [] };
      return found;
    },
  };
}
