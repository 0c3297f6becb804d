import { SlipwayError } from '@slipway/kit';
import type { Flow } from './fair-queue.ts';

export interface LongRunningLimits {
  /** Watches, tunnels, terminals and port-forwards that are open at once. */
  readonly perPrincipal: number;
  readonly perTenant: number;
  readonly total: number;
}

export const LONG_RUNNING_LIMITS: LongRunningLimits = { perPrincipal: 2000, perTenant: 5000, total: 15_000 };

/** What lasts takes no seat; it is counted instead. */
export interface LongRunning {
  /** Rejects with `TooManyRequests`; gives what says that it is over (more often does no harm). */
  open(flow: Flow): () => void;
}

export function createLongRunning(limits: LongRunningLimits): LongRunning {
  const counts = new Map<string, number>();
  const change = (key: string, by: number): void => {
    const count = (counts.get(key) ?? 0) + by;
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  };
  return {
    open({ tenant, principal }) {
      const keys: [string, number, string][] = [
        [JSON.stringify([tenant, principal]), limits.perPrincipal, 'you have'],
        [JSON.stringify([tenant]), limits.perTenant, 'your tenant has'],
        ['', limits.total, 'this hub has'],
      ];
      for (const [key, most, who] of keys) {
        if ((counts.get(key) ?? 0) < most) continue;
        throw new SlipwayError('TooManyRequests', `Too many watches and tunnels: ${who} ${most} open, please close some.`, {
          retryAfter: 10,
        });
      }
      for (const [key] of keys) change(key, 1);
      let over = false;
      return () => {
        if (over) return;
        over = true;
        for (const [key] of keys) change(key, -1);
      };
    },
  };
}
