import { messageOf, type Clock, type Logger } from '@slipway/kit';
import { pause } from './sources.ts';
import type { Timers } from './timers.ts';

/** Who may do something that only one replica may do. Times are judged by one clock, the database's, never by the replicas' own. */
export interface Leases {
  /** Takes or renews a lease for `ttlMs` milliseconds. False while another holder has it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Gives it up, if held. */
  release(name: string, holder: string): Promise<void>;
}

/** For one process: leases of several holders in memory, with the contract of the real ones. */
export function createLocalLeases(clock: Clock): Leases {
  const held = new Map<string, { holder: string; until: number }>();
  return {
    async acquire(name, holder, ttlMs) {
      const lease = held.get(name);
      if (lease && lease.holder !== holder && lease.until > clock.now()) return false;
      held.set(name, { holder, until: clock.now() + ttlMs });
      return true;
    },
    async release(name, holder) {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
}

export interface LeaderOptions {
  readonly leases: Leases;
  readonly name: string;
  readonly holder: string;
  /** Milliseconds a lease outlives its last renewal: how long after a crash another replica takes over. Default 15 s; renewed three times as often. */
  readonly ttlMs?: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Runs while this replica holds the lease; its signal aborts when the lease is lost or the outer signal aborts. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
}

/** Competes for a lease until the signal aborts, and leads while it is held. A lease that cannot be renewed in time is given up before another can have it. */
export async function runAsLeader(options: LeaderOptions, signal: AbortSignal): Promise<void> {
  const ttl = options.ttlMs ?? 15_000;
  while (!signal.aborted) {
    if (await tryAcquire(options, ttl)) await lead(options, ttl, signal);
    if (!signal.aborted) await pause(options.timers, ttl / 3, signal);
  }
}

async function lead(options: LeaderOptions, ttl: number, signal: AbortSignal): Promise<void> {
  const { clock, timers, logger, leases, name, holder } = options;
  const term = new AbortController();
  const stop = (): void => term.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const leading = options.lead(term.signal).finally(() => term.abort());
  let renewed = clock.now();
  while (!term.signal.aborted) {
    await pause(timers, ttl / 3, term.signal);
    if (term.signal.aborted) break;
    if (await tryAcquire(options, ttl)) renewed = clock.now();
    // A third of the time is kept so that work under way ends before another replica may start.
    else if (clock.now() - renewed > (ttl * 2) / 3) {
      logger.warn({ lease: name }, 'lease lost, another replica takes over');
      term.abort();
    }
  }
  signal.removeEventListener('abort', stop);
  await leading.catch((error: unknown) => logger.error({ lease: name, error: messageOf(error) }, 'stopped leading'));
  await leases.release(name, holder).catch(() => undefined);
}

async function tryAcquire({ leases, name, holder, logger }: LeaderOptions, ttl: number): Promise<boolean> {
  try {
    return await leases.acquire(name, holder, ttl);
  } catch (error) {
    logger.warn({ lease: name, error: messageOf(error) }, 'lease could not be asked for');
    return false;
  }
}
