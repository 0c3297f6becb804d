import { backoff, type BackoffOptions, type Clock } from '@slipway/kit';
import type { Timers } from './timers.ts';

/** What the work on a key ended with. */
export interface Outcome {
  /** Milliseconds until the key is due again; undefined when only a change wakes it. */
  readonly againAfterMs?: number;
}

export interface QueueOptions {
  /** Works on one key. Never called twice at once for the same key. An error makes the key due again after a growing delay. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Outcome>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Keys worked on at the same time. Default 4. */
  readonly workers?: number;
  readonly backoff?: BackoffOptions;
  readonly onError?: (key: string, error: unknown, retryInMs: number) => void;
}

export type Urgency = 'now' | 'background';

export interface Queue {
  /**
   * Marks a key as due. One already waiting is not added again; one being worked on runs once more afterwards. `now` (a change) goes before `background` (a resync,
   * a retry), so that a person's edit overtakes a backlog, and ends a retry's delay.
   */
  add(key: string, urgency?: Urgency): void;
  /** Marks it as due in `ms` milliseconds; the earlier of two such times counts. */
  addAfter(key: string, ms: number): void;
  /** Starts working; ends when the signal aborts and what was under way has ended. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is due or under way; delayed keys do not count. */
  idle(): Promise<void>;
  readonly depth: number;
}

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 250, maxMs: 120_000 };

/**
 * A queue of dirty keys, not of jobs: the key is the only input, so any number of causes make one run.
 *
 * @example
 * const queue = createQueue({ work: reconcile, clock: systemClock, timers: systemTimers });
 * queue.add('default/dev');
 * await queue.run(signal);
 */
export function createQueue(options: QueueOptions): Queue {
  const due = { now: new Set<string>(), background: new Set<string>() };
  const running = new Set<string>();
  const dirty = new Map<string, Urgency>();
  const delayed = new Map<string, { at: number; cancel: () => void }>();
  const failures = new Map<string, number>();
  const idlers: (() => void)[] = [];
  let signal: AbortSignal | undefined;
  let stopped: (() => void) | undefined;

  const forgetDelay = (key: string): void => {
    delayed.get(key)?.cancel();
    delayed.delete(key);
  };

  function add(key: string, urgency: Urgency = 'now'): void {
    if (running.has(key)) {
      if (dirty.get(key) !== 'now') dirty.set(key, urgency);
      return;
    }
    if (urgency === 'now') {
      forgetDelay(key);
      due.background.delete(key);
      due.now.add(key);
    } else if (!due.now.has(key)) {
      due.background.add(key);
    }
    pump();
  }

  function addAfter(key: string, ms: number): void {
    const at = options.clock.now() + ms;
    const known = delayed.get(key);
    if (known && known.at <= at) return;
    known?.cancel();
    const cancel = options.timers.after(ms, () => {
      delayed.delete(key);
      add(key, 'background');
    });
    delayed.set(key, { at, cancel });
  }

  function next(): string | undefined {
    for (const set of [due.now, due.background]) {
      for (const key of set) {
        set.delete(key);
        return key;
      }
    }
    return undefined;
  }

  function pump(): void {
    const current = signal;
    const free = (options.workers ?? 4) - running.size;
    for (let slot = 0; slot < free && current && !current.aborted; slot++) {
      const key = next();
      if (key === undefined) break;
      void work(key, current);
    }
    settle();
  }

  function settle(): void {
    if (running.size > 0) return;
    if (signal?.aborted) stopped?.();
    if (due.now.size === 0 && due.background.size === 0) for (const idler of idlers.splice(0)) idler();
  }

  async function work(key: string, current: AbortSignal): Promise<void> {
    running.add(key);
    try {
      const outcome = await options.work(key, current);
      failures.delete(key);
      if (outcome.againAfterMs !== undefined) addAfter(key, outcome.againAfterMs);
    } catch (error) {
      if (!current.aborted) retry(key, error);
    } finally {
      running.delete(key);
      const urgency = dirty.get(key);
      dirty.delete(key);
      if (urgency !== undefined) add(key, urgency);
      pump();
    }
  }

  function retry(key: string, error: unknown): void {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    const ms = backoff(count, options.backoff ?? DEFAULT_BACKOFF);
    addAfter(key, ms);
    options.onError?.(key, error, ms);
  }

  return {
    add,
    addAfter,
    run(stopSignal) {
      signal = stopSignal;
      return new Promise<void>((resolve) => {
        stopped = () => {
          for (const key of delayed.keys()) forgetDelay(key);
          resolve();
        };
        stopSignal.addEventListener('abort', settle, { once: true });
        pump();
        if (stopSignal.aborted) settle();
      });
    },
    idle: () =>
      new Promise<void>((resolve) => {
        idlers.push(resolve);
        settle();
      }),
    get depth() {
      return due.now.size + due.background.size + running.size;
    },
  };
}
