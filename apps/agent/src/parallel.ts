/** Runs `work` on every item, at most `limit` at a time. All are tried; the first error is thrown at the end. */
export async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next++]!;
      await work(item).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (errors.length > 0) throw errors[0];
}

/** Lets several waiters sleep until something changed. */
export interface Notifier {
  notify(): void;
  /** Resolves at the next `notify`, after `ms`, or when the signal aborts; never rejects. */
  next(signal: AbortSignal, ms?: number): Promise<void>;
}

export function createNotifier(): Notifier {
  let waiters = new Set<() => void>();
  return {
    notify() {
      const all = waiters;
      waiters = new Set();
      for (const wake of all) wake();
    },
    next(signal, ms) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wake = () => {
          clearTimeout(timer);
          waiters.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = ms === undefined ? undefined : setTimeout(wake, ms);
        signal.addEventListener('abort', wake, { once: true });
        waiters.add(wake);
      });
    },
  };
}
