import { useCallback, useLayoutEffect, useRef, useSyncExternalStore } from 'react';

interface Told {
  readonly times: number;
  /** When it was told first. */
  readonly since: number;
  /** Who shows it, the first in full. */
  readonly shownBy: readonly symbol[];
}

/** What went wrong on a page, by its sentence: the same failure again, or of another part, is counted and not told twice. */
export function createFailures(now: () => number) {
  const told = new Map<string, Told>();
  const counted = new WeakSet<object>();
  const listeners = new Set<() => void>();
  const put = (key: string, next: Told): void => {
    told.set(key, next);
    for (const listener of listeners) listener();
  };
  const of = (key: string): Told => told.get(key) ?? { times: 0, since: now(), shownBy: [] };
  return {
    get: (key: string): Told | undefined => told.get(key),
    /** One error is counted once, however often it is drawn. */
    count(key: string, error: unknown): void {
      if (typeof error !== 'object' || error === null || counted.has(error)) return;
      counted.add(error);
      const before = of(key);
      put(key, { ...before, times: before.times + 1 });
    },
    show(key: string, part: symbol): () => void {
      const before = of(key);
      put(key, { ...before, shownBy: [...before.shownBy, part] });
      return () => {
        const { shownBy, ...rest } = of(key);
        put(key, { ...rest, shownBy: shownBy.filter((one) => one !== part) });
      };
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const failures = createFailures(Date.now);

/** How often this was told on this page, and whether another part tells it in full already. A dialog is a page of its own: what is below it is out of sight. */
export function useTold(error: unknown, sentence: string) {
  const element = useRef<HTMLDivElement>(null);
  const part = useRef(Symbol('part'));
  const place = useRef('');
  const keyOf = useCallback(() => `${place.current} ${sentence}`, [sentence]);
  const told = useSyncExternalStore(failures.subscribe, () => failures.get(keyOf()));
  useLayoutEffect(() => {
    place.current = element.current?.closest('dialog') === null ? location.pathname : `dialog of ${location.pathname}`;
    return failures.show(keyOf(), part.current);
  }, [keyOf]);
  useLayoutEffect(() => failures.count(keyOf(), error), [keyOf, error]);
  const first = told === undefined || told.shownBy.length === 0 || told.shownBy[0] === part.current;
  return { element, first, times: told?.times ?? 1, since: told?.since ?? 0 };
}
