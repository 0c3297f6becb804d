import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@slipway/kit';
import type { DriftFact } from '@slipway/model';

/** What was put right stays in the facts for a while, so that a hub that was away hears of it. */
const KEEP_HEALED_MS = 15 * 60_000;
const KEEP_HEALED = 100;

export interface DriftLog {
  /** Notes drift of an object; true when that says something new. */
  open(key: string, found: Omit<DriftFact, 'state' | 'detectedAt' | 'healedAt'>): boolean;
  /** The object is right again; true when it was not. */
  settle(key: string): boolean;
  has(key: string): boolean;
  /** When the difference that is open now was found. */
  since(key: string): string | undefined;
  /** No longer our business. */
  forget(key: string): void;
  facts(): DriftFact[];
}

export function createDriftLog(clock: Clock): DriftLog {
  const open = new Map<string, DriftFact>();
  let healed: { readonly at: number; readonly fact: DriftFact }[] = [];
  const now = () => new Date(clock.now()).toISOString();
  return {
    open(key, found) {
      const before = open.get(key);
      const fact: DriftFact = { ...found, state: 'Open', detectedAt: before?.detectedAt ?? now() };
      if (before !== undefined && isDeepStrictEqual(before, fact)) return false;
      open.set(key, fact);
      return true;
    },
    settle(key) {
      const fact = open.get(key);
      if (fact === undefined) return false;
      open.delete(key);
      healed.push({ at: clock.now(), fact: { ...fact, state: 'Healed', healedAt: now() } });
      return true;
    },
    has: (key) => open.has(key),
    since: (key) => open.get(key)?.detectedAt,
    forget: (key) => void open.delete(key),
    facts() {
      const oldest = clock.now() - KEEP_HEALED_MS;
      healed = healed.filter(({ at }) => at >= oldest).slice(-KEEP_HEALED);
      return [...open.values(), ...healed.map(({ fact }) => fact)];
    },
  };
}
