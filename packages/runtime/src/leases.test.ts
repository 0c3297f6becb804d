import { silentLogger } from '@slipway/kit';
import { createFakeClock, settled } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { createLocalLeases, runAsLeader, type Leases } from './leases.ts';

function replicas(breakable: { down: Set<string> } = { down: new Set() }) {
  const clock = createFakeClock();
  const real = createLocalLeases(clock);
  const leases: Leases = {
    async acquire(name, holder, ttlMs) {
      if (breakable.down.has(holder)) throw new Error('no database');
      return real.acquire(name, holder, ttlMs);
    },
    release: (name, holder) => real.release(name, holder),
  };
  const leading = new Set<string>();
  const start = (holder: string) => {
    const stop = new AbortController();
    const ended = runAsLeader(
      {
        leases,
        name: 'controllers',
        holder,
        ttlMs: 15_000,
        clock,
        timers: clock.timers,
        logger: silentLogger,
        async lead(signal) {
          leading.add(holder);
          expect(leading.size, 'never two at once').toBe(1);
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
          leading.delete(holder);
        },
      },
      stop.signal,
    );
    return { stop: () => stop.abort(), ended };
  };
  return { clock, leading, start, breakable };
}

describe('leadership', () => {
  it('has one leader, and another takes over at once when it gives up', async () => {
    const { clock, leading, start } = replicas();
    const a = start('a');
    await settled();
    const b = start('b');
    await clock.advance(60_000);
    expect([...leading]).toEqual(['a']);
    a.stop();
    await a.ended;
    await clock.advance(5000);
    expect([...leading]).toEqual(['b']);
    b.stop();
    await b.ended;
  });

  it('stops leading before another may start when the lease cannot be renewed', async () => {
    const { clock, leading, start, breakable } = replicas();
    start('a');
    await settled();
    start('b');
    await clock.advance(20_000);
    expect([...leading]).toEqual(['a']);
    breakable.down.add('a');
    await clock.advance(30_000);
    expect([...leading]).toEqual(['b']);
    breakable.down.clear();
    await clock.advance(60_000);
    expect([...leading]).toEqual(['b']);
  });
});
