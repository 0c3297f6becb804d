import { createFakeClock, settled } from '@slipway/testkit';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createQueue, type Outcome, type Queue } from './queue.ts';

let stop = new AbortController();
afterEach(() => stop.abort());

function setUp(options: { workers?: number; outcome?: (key: string, run: number) => Outcome | Error } = {}) {
  stop = new AbortController();
  const clock = createFakeClock();
  const runs: string[] = [];
  const releases: (() => void)[] = [];
  const active = new Set<string>();
  let hold = false;
  const errors: number[] = [];
  const queue: Queue = createQueue({
    clock,
    timers: clock.timers,
    workers: options.workers ?? 2,
    backoff: { baseMs: 100, maxMs: 1000, jitter: 0 },
    onError: (_, __, ms) => errors.push(ms),
    async work(key) {
      expect(active.has(key), 'one worker per key').toBe(false);
      active.add(key);
      runs.push(key);
      if (hold) await new Promise<void>((resolve) => releases.push(resolve));
      active.delete(key);
      const outcome = options.outcome?.(key, runs.filter((run) => run === key).length) ?? {};
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  });
  return {
    clock,
    runs,
    queue,
    errors,
    holdWork: () => (hold = true),
    release: async () => {
      hold = false;
      for (const release of releases.splice(0)) release();
      await settled();
    },
    start: async () => {
      void queue.run(stop.signal);
      await settled();
    },
  };
}

describe('queue', () => {
  it('makes one run of many adds', async () => {
    const { queue, runs, start } = setUp();
    for (let time = 0; time < 10; time++) queue.add('a');
    queue.add('b', 'background');
    queue.add('b', 'background');
    await start();
    expect(runs).toEqual(['a', 'b']);
  });

  it('runs a key that was dirtied while it ran exactly once more, and never twice at once', async () => {
    const { queue, runs, start, holdWork, release } = setUp({ workers: 4 });
    holdWork();
    await start();
    queue.add('a');
    await settled();
    for (let time = 0; time < 5; time++) queue.add('a');
    await settled();
    expect(runs).toEqual(['a']);
    await release();
    expect(runs).toEqual(['a', 'a']);
  });

  it('lets a change overtake a backlog', async () => {
    const { queue, runs, start } = setUp({ workers: 1 });
    for (const key of ['r1', 'r2', 'r3']) queue.add(key, 'background');
    queue.add('edited');
    queue.add('r3');
    await start();
    expect(runs).toEqual(['edited', 'r3', 'r1', 'r2']);
  });

  it('backs off longer with each failure, starts over after a success, and ends the delay on a change', async () => {
    const { clock, queue, runs, errors, start } = setUp({ outcome: (_, run) => (run <= 3 ? new Error('no') : {}) });
    queue.add('a');
    await start();
    await clock.advance(99);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
    queue.add('a');
    await settled();
    expect(runs).toHaveLength(3);
    await clock.advance(400);
    expect(runs).toHaveLength(4);
    await clock.advance(100_000);
    expect(runs).toHaveLength(4);
    expect(errors).toEqual([100, 200, 400]);
  });

  it('keeps the earlier of two delays', async () => {
    const { clock, queue, runs, start } = setUp();
    await start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    await clock.advance(200);
    expect(runs).toEqual(['a']);
    await clock.advance(2000);
    expect(runs).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });

  it('runs again when the work asks for it', async () => {
    const { clock, queue, runs, start } = setUp({ outcome: (_, run) => (run < 3 ? { againAfterMs: 50 } : {}) });
    queue.add('a');
    await start();
    await clock.advance(100);
    expect(runs).toHaveLength(3);
  });

  it('works on as many keys side by side as it has workers, and no more', async () => {
    const { queue, runs, start, holdWork, release } = setUp({ workers: 2 });
    holdWork();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await start();
    expect(runs).toEqual(['a', 'b']);
    await release();
    expect(runs).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves no timer behind when it ends, not even for work that ended after it was told', async () => {
    const { clock, queue, runs, start, holdWork, release } = setUp({ outcome: () => ({ againAfterMs: 50 }) });
    queue.add('done before');
    await start();
    holdWork();
    queue.add('under way');
    await settled();
    stop.abort();
    await release();
    expect(clock.pending).toBe(0);
    queue.add('too late');
    await clock.advance(1000);
    expect(runs).toEqual(['done before', 'under way']);
  });

  it('ends when told, after the work under way, and starts nothing new', async () => {
    const { queue, runs, holdWork, release } = setUp({ workers: 1 });
    holdWork();
    let ended = false;
    void queue.run(stop.signal).then(() => (ended = true));
    queue.add('a');
    queue.add('b');
    await settled();
    stop.abort();
    await settled();
    expect(ended).toBe(false);
    await release();
    expect(ended).toBe(true);
    expect(runs).toEqual(['a']);
  });

  it('loses no key: whatever is added, each key runs after its last add, never twice at once', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c'), background: fc.boolean() }),
      fc.record({ type: fc.constant('after' as const), key: fc.constantFrom('a', 'b', 'c'), ms: fc.integer({ min: 0, max: 500 }) }),
      fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const { clock, queue, runs, start } = setUp({ workers, outcome: (_, run) => (run % 3 === 0 ? new Error('sometimes') : {}) });
        await start();
        const lastAdd = new Map<string, number>();
        for (const item of steps) {
          if (item.type === 'time') await clock.advance(item.ms);
          else {
            lastAdd.set(item.key, runs.length);
            if (item.type === 'add') queue.add(item.key, item.background ? 'background' : 'now');
            else queue.addAfter(item.key, item.ms);
          }
        }
        await clock.advance(10_000);
        for (const [key, at] of lastAdd) expect(runs.slice(at), `${key} ran after its last add`).toContain(key);
        expect(queue.depth).toBe(0);
        stop.abort();
      }),
      { numRuns: 60 },
    );
  });
});
