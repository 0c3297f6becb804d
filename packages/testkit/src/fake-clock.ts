import type { Clock } from '@slipway/kit';
import type { Timers } from '@slipway/runtime';

export interface FakeClock extends Clock {
  readonly timers: Timers;
  /** Lets `ms` milliseconds pass, calling what becomes due in order and letting the work it starts settle in between. */
  advance(ms: number): Promise<void>;
  /** Timers that have not fired. */
  readonly pending: number;
}

/** Time that stands still until told. Starts at 2026-01-01T00:00:00Z. */
export function createFakeClock(start = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let now = start;
  let nextId = 0;
  const due = new Map<number, { at: number; callback: () => void }>();
  return {
    now: () => now,
    get pending() {
      return due.size;
    },
    timers: {
      after(ms, callback) {
        const id = nextId++;
        due.set(id, { at: now + ms, callback });
        return () => due.delete(id);
      },
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        const [first] = [...due].filter(([, timer]) => timer.at <= end).toSorted(([, a], [, b]) => a.at - b.at);
        if (!first) break;
        due.delete(first[0]);
        now = Math.max(now, first[1].at);
        first[1].callback();
      }
      now = end;
      await settled();
    },
  };
}

/** Resolves when promises that only wait for each other have settled. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
