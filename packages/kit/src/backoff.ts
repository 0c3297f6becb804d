export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 0..1: the part of the delay that is random, so that many clients do not return together. */
  readonly jitter?: number;
  readonly random?: () => number;
}

/** Exponential delay for the n-th failure in a row (n from 0), with jitter. */
export function backoff(attempt: number, options: BackoffOptions): number {
  const full = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  const jitter = options.jitter ?? 0.5;
  return Math.round(full * (1 - jitter) + full * jitter * (options.random ?? Math.random)());
}
