/**
 * Values that only this process writes, remembered by key, the ones used last up to a total weight. While a write of a key is on its way its readers ask the
 * database, which answers after that write. Values are shared between readers: read-only.
 */
export interface Remembered<T> {
  read(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
  /** `value` gives what is stored once `run` has ended, undefined when nothing is. */
  write<R>(key: string, run: () => Promise<R>, value: (result: R) => T | undefined): Promise<R>;
  /** For a write of keys that are not known beforehand: everything is forgotten, before it begins and until it has ended. */
  writeAny<R>(run: () => Promise<R>): Promise<R>;
}

export function createRemembered<T>(most: number, weigh: (value: T) => number): Remembered<T> {
  const values = new Map<string, T>();
  const writing = new Map<string, { writers: number; overlapped: boolean }>();
  let writes = 0;
  let writingAny = 0;
  let weight = 0;

  const forget = (key: string): void => {
    const value = values.get(key);
    if (value === undefined) return;
    values.delete(key);
    weight -= weigh(value);
  };
  const remember = (key: string, value: T): void => {
    forget(key);
    values.set(key, value);
    weight += weigh(value);
    for (const oldest of values.keys()) {
      if (weight <= most) break;
      forget(oldest);
    }
  };

  return {
    async read(key, load) {
      const known = values.get(key);
      if (known !== undefined) {
        // Last in the map is used last.
        values.delete(key);
        values.set(key, known);
        return known;
      }
      const before = writes;
      const value = await load();
      if (value !== undefined && writes === before && writingAny === 0 && !writing.has(key)) remember(key, value);
      return value;
    },
    async write(key, run, value) {
      const busy = writing.get(key) ?? { writers: 0, overlapped: false };
      writing.set(key, busy);
      busy.overlapped ||= busy.writers > 0;
      busy.writers++;
      writes++;
      forget(key);
      try {
        const result = await run();
        const stored = value(result);
        // Of two writers at once it is not known here who was last: the next reader asks.
        if (stored !== undefined && !busy.overlapped && writingAny === 0) remember(key, stored);
        return result;
      } finally {
        writes++;
        busy.writers--;
        if (busy.writers === 0) writing.delete(key);
      }
    },
    async writeAny(run) {
      writes++;
      writingAny++;
      values.clear();
      weight = 0;
      try {
        return await run();
      } finally {
        writes++;
        writingAny--;
      }
    },
  };
}

/** Remembers nothing: for a database that others write too. */
export const nothingRemembered = <T>(): Remembered<T> => ({
  read: (_key, load) => load(),
  write: (_key, run) => run(),
  writeAny: (run) => run(),
});
