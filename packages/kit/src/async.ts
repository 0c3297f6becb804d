import { SlipwayError } from './errors.ts';

/** Resolves after `ms`, or rejects at once when the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export interface WaitOptions {
  /** What is waited for, for the error's sentence: "the API server of gateway". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/** Polls until `probe` gives something other than undefined/false; an error of the probe counts as "not yet" and is the cause of the timeout. */
export async function waitFor<T>(probe: () => Promise<T | undefined | false> | T | undefined | false, options: WaitOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const because = last instanceof Error ? ` (last: ${last.message})` : '';
      throw new SlipwayError('Timeout', `Waited ${Math.round(options.timeoutMs / 1000)} s for ${options.what}${because}.`, { cause: last });
    }
    await sleep(options.intervalMs ?? 250, options.signal);
  }
}

/**
 * What a guard is asked must be answered: `Unavailable` when it is not by then, so that silence never becomes a yes and nobody waits for ever. The work itself is not broken
 * off; whatever it gives later is dropped.
 *
 * @param what for the error's sentence: "who asks" in "It could not be found out in time who asks."
 * @example await withDeadline(seconds(20), 'who asks', authenticate(request));
 */
export async function withDeadline<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new SlipwayError('Unavailable', `It could not be found out in time ${what}, so nothing was done.`, {
            hint: 'Try again in a minute; if it stays, the database of the hub is slow or away.',
            retryAfter: 5,
          }),
        ),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
