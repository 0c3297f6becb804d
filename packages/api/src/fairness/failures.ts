import { sleep, SlipwayError } from '@slipway/kit';

export interface FailureLimits {
  /** Failures that are answered at once, then this many a second. */
  readonly burst: number;
  readonly perSecond: number;
  /** How long an answer is held back at most; beyond that, and beyond so many at once, the answer is "too many". */
  readonly maxHoldMs: number;
  readonly maxHeld: number;
}

export const FAILURE_LIMITS: FailureLimits = { burst: 50, perSecond: 10, maxHoldMs: 5000, maxHeld: 200 };

interface Bucket {
  tokens: number;
  at: number;
  held: number;
}

/** Slows down who cannot prove who they are, by address, without slowing those who can. */
export interface Failures {
  /** After a failed attempt: resolves when it may be answered, rejects with `TooManyRequests`. */
  failed(address: string): Promise<void>;
  readonly addresses: number;
}

export function createFailures(limits: FailureLimits, now: () => number = () => performance.now()): Failures {
  const buckets = new Map<string, Bucket>();
  const refilled = (bucket: Bucket): number => Math.min(limits.burst, bucket.tokens + ((now() - bucket.at) / 1000) * limits.perSecond);
  /** Addresses that have been quiet long enough are forgotten. */
  const forget = () => {
    for (const [address, bucket] of buckets) if (bucket.held === 0 && refilled(bucket) >= limits.burst) buckets.delete(address);
  };
  return {
    get addresses() {
      return buckets.size;
    },
    async failed(address) {
      const bucket = buckets.get(address) ?? { tokens: limits.burst, at: now(), held: 0 };
      if (!buckets.has(address)) {
        if (buckets.size % 1000 === 999) forget();
        buckets.set(address, bucket);
      }
      bucket.tokens = refilled(bucket);
      bucket.at = now();
      const holdMs = bucket.tokens >= 1 ? 0 : ((1 - bucket.tokens) / limits.perSecond) * 1000;
      if (holdMs > limits.maxHoldMs || bucket.held >= limits.maxHeld) {
        throw new SlipwayError('TooManyRequests', 'Too many attempts from this address have failed, please try again later.', {
          retryAfter: Math.max(1, Math.ceil(limits.maxHoldMs / 1000)),
        });
      }
      bucket.tokens -= 1;
      if (holdMs === 0) return;
      bucket.held++;
      await sleep(holdMs).finally(() => bucket.held--);
    },
  };
}
