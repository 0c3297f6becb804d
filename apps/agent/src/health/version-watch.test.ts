import { expect, test, vi } from 'vitest';
import type { NodeFact } from './node-fact.ts';
import { createVersionWatch } from './version-watch.ts';

const node = (name: string, kubeletVersion: string) => ({ name, kubeletVersion }) as NodeFact;

test('a replaced control plane is a reason to ask the API server for its version, again until it answers', async () => {
  vi.useFakeTimers();
  try {
    const answers: (string | undefined)[] = ['v1.35.4', undefined, 'v1.36.3'];
    let asked = 0;
    const request = async () => {
      const gitVersion = answers[Math.min(asked++, answers.length - 1)];
      if (gitVersion === undefined) throw new Error('no route to host');
      return { gitVersion };
    };
    const heard: string[] = [];
    const watch = createVersionWatch({ request: request as never }, () => heard.push(watch.current()));
    const stop = new AbortController();
    watch.nodesAre([node('cp-1', 'v1.35.4')]);
    expect(asked, 'nothing before it is started').toBe(0);
    watch.start(stop.signal);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard).toEqual(['v1.35.4']);
    // The same nodes again, as every heartbeat of theirs brings them: no reason.
    watch.nodesAre([node('cp-1', 'v1.35.4')]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(1);
    watch.nodesAre([node('cp-2', 'v1.36.3')]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked, 'the old one is gone, the new one not reached').toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual(['v1.35.4', 'v1.36.3']);
    stop.abort();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});
