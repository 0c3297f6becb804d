import type { Clock } from '@slipway/kit';

/** Refused attempts of one caller that are recorded one by one at once, and how fast more are let in. */
const BURST = 20;
const PER_SECOND = 1;
const CALLERS = 10_000;

/**
 * Bounds how many refused attempts are recorded, so that nobody can fill the chain by knocking: each caller has a budget, and what goes beyond it is counted and told
 * with the next record.
 */
export function createRefusalBudget(clock: Clock) {
  const callers = new Map<string, { tokens: number; at: number; suppressed: number }>();
  return {
    /** Undefined: not to be recorded. Else how many were not since the last one. */
    take(caller: string): number | undefined {
      const now = clock.now();
      const known = callers.get(caller) ?? { tokens: BURST, at: now, suppressed: 0 };
      // Moved to the end: the one that was quiet longest is forgotten first.
      callers.delete(caller);
      callers.set(caller, known);
      if (callers.size > CALLERS) callers.delete(callers.keys().next().value as string);
      known.tokens = Math.min(BURST, known.tokens + ((now - known.at) / 1000) * PER_SECOND);
      known.at = now;
      if (known.tokens < 1) {
        known.suppressed++;
        return undefined;
      }
      known.tokens--;
      const { suppressed } = known;
      known.suppressed = 0;
      return suppressed;
    },
  };
}
