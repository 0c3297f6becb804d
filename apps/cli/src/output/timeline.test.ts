import { describe, expect, it, vi } from 'vitest';
import type { Io } from './io.ts';
import { createTimeline } from './timeline.ts';

function recording(live: boolean): { io: Io; lines: string[]; controls: string[] } {
  const lines: string[] = [];
  const controls: string[] = [];
  const io: Io = {
    data: () => undefined,
    say: (text) => void lines.push(text),
    control: (text) => void controls.push(text),
    paint: (_colour, text) => text,
    live,
    interactive: false,
    columns: 80,
    ask: async () => '',
    askSecret: async () => '',
    readStdin: async () => '',
  };
  return { io, lines, controls };
}

describe('timeline', () => {
  it('without a terminal writes one line per change and a heartbeat every ten seconds', () => {
    vi.useFakeTimers({ now: 0 });
    try {
      const { io, lines, controls } = recording(false);
      const timeline = createTimeline(io, { now: () => Date.now() });
      const step = timeline.step('toolchain');
      step.update('1 of 2');
      step.update('1 of 2');
      expect(lines).toHaveLength(1);
      vi.advanceTimersByTime(9_000);
      expect(lines).toHaveLength(1);
      vi.advanceTimersByTime(2_000);
      expect(lines).toHaveLength(2);
      step.done('cached');
      expect(lines.at(-1)).toMatch(/^✓ toolchain +11s {2}cached$/);
      vi.advanceTimersByTime(60_000);
      expect(lines).toHaveLength(3);
      expect(controls).toEqual([]);
      timeline.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('on a terminal redraws only the running steps, and never a line wider than the screen', () => {
    const { io, lines, controls } = recording(true);
    const timeline = createTimeline(io);
    const first = timeline.step('one');
    timeline.step('two').update('x'.repeat(500));
    first.done();
    expect(controls).toContain('\u001B[2A\u001B[J');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    timeline.close();
  });

  it('shows steps that ran elsewhere with their own times', () => {
    const { io, lines } = recording(false);
    const timeline = createTimeline(io);
    timeline.adopt('control plane', 1_000, undefined, 'kubeadm init');
    timeline.adopt('control plane', 1_000, 9_000, '');
    expect(lines.at(-1)).toMatch(/^✓ control plane +8\.0s$/);
    timeline.close();
  });
});
