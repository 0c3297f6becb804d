/** Calling back later as a dependency, so that tests decide when time passes. */
export interface Timers {
  /** Calls back once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Node's timers; one that only waits for a resync does not keep the program alive. */
export const systemTimers: Timers = {
  after(ms, callback) {
    // Node fires at once when the delay does not fit 31 bits.
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
