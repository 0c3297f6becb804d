import type { Transport } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
import type { ApiObject } from '@slipway/model';

export interface StreamPart {
  readonly key: string;
  /** `clusters?resourceVersion=812` */
  readonly address: string;
}

export type StreamState = { readonly word: 'idle' | 'live' } | { readonly word: 'lost'; readonly since: number };

interface StreamEvents {
  onEvent(key: string, type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: ApiObject): void;
  /** One part ended; the others go on. */
  onRefused(key: string, error: SlipwayError): void;
}

interface Line {
  readonly of: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: ApiObject & { readonly code?: number; readonly message?: string };
}

const GATHER_MS = 30;
/** Bookmarks come every 30 s; a stream that says nothing for longer is dead, whatever the network thinks. */
const SILENCE_MS = 75_000;
/** A page that nobody sees holds no connection: browsers have six to a host. */
const HIDDEN_MS = 60_000;
const LONGEST_WAIT_MS = 8000;
const CODES: Readonly<Record<number, 'Gone' | 'Forbidden' | 'Unauthorized'>> = { 410: 'Gone', 403: 'Forbidden', 401: 'Unauthorized' };

/** The one connection of a tab that changes come by. */
export function createStream(transport: Transport, events: StreamEvents) {
  let parts: () => readonly StreamPart[] = () => [];
  let running: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let state: StreamState = { word: 'idle' };
  const listeners = new Set<() => void>();
  const become = (next: StreamState) => {
    if (next.word === state.word) return;
    state = next;
    for (const listener of listeners) listener();
  };

  function restart(afterMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running?.abort();
      running = new AbortController();
      void run(running, parts());
    }, afterMs);
  }

  async function run(own: AbortController, followed: readonly StreamPart[]): Promise<void> {
    if (followed.length === 0) return become({ word: 'idle' });
    const query = new URLSearchParams(followed.map(({ address }) => ['of', address]));
    let silence = setTimeout(() => own.abort(), SILENCE_MS);
    try {
      const lines = transport.lines(`/apis/slipway.dev/v1/watch?${query.toString()}`, { signal: own.signal });
      for await (const line of withOpening(lines, () => {
        failures = 0;
        become({ word: 'live' });
      })) {
        clearTimeout(silence);
        silence = setTimeout(() => own.abort(), SILENCE_MS);
        if (line !== '') take(followed, JSON.parse(line) as Line);
      }
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'Unauthorized') return;
    } finally {
      clearTimeout(silence);
    }
    // Another one took over.
    if (running !== own) return;
    failures += 1;
    become({ word: 'lost', since: Date.now() });
    restart(Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures));
  }

  function take(followed: readonly StreamPart[], { of, type, object }: Line): void {
    const key = followed[of]?.key;
    if (key === undefined) return;
    if (type !== 'ERROR') return events.onEvent(key, type, object);
    events.onRefused(key, new SlipwayError(CODES[object.code ?? 0] ?? 'Unavailable', object.message ?? 'The hub ended this.'));
  }

  let hidden: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.visibilityState === 'visible') {
      if (running === undefined) restart(0);
      return;
    }
    hidden = setTimeout(() => {
      clearTimeout(timer);
      const left = running;
      running = undefined;
      left?.abort();
    }, HIDDEN_MS);
  });
  // The network is back: no reason to wait out what is left of a pause.
  addEventListener('online', () => restart(0));

  return {
    /** From now on these; called whenever they changed. */
    follow(next: () => readonly StreamPart[]): void {
      parts = next;
      if (document.visibilityState === 'visible' || running !== undefined) restart(GATHER_MS);
    },
    state: {
      get: (): StreamState => state,
      subscribe(listener: () => void): () => void {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

/** Says when the answer has begun: the hub sends an empty line first. */
async function* withOpening(lines: AsyncIterable<string>, opened: () => void): AsyncIterable<string> {
  let first = true;
  for await (const line of lines) {
    if (first) opened();
    first = false;
    yield line;
  }
}
