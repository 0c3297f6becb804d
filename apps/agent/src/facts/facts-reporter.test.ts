import type { Facts } from '@slipway/model';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFactsReporter } from './facts-reporter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const posted: unknown[] = [];
  let connect = () => undefined as void;
  const state = { revision: 1, known: true };
  const reporter = createFactsReporter(
    () => (state.known ? ({ kind: 'ClusterFacts', planRevision: state.revision } as Facts) : undefined),
    {
      postFacts: (facts) => void posted.push((facts as { planRevision: number }).planRevision),
      onConnected: (call) => void (connect = call),
    },
    10,
  );
  return { posted, reporter, state, connect: () => connect() };
}

test('many changes make one message, and what did not change makes none', () => {
  const { posted, reporter, state } = setUp();
  for (let time = 0; time < 5; time++) reporter.changed();
  expect(posted).toEqual([]);
  vi.advanceTimersByTime(10);
  expect(posted).toEqual([1]);
  reporter.changed();
  vi.advanceTimersByTime(10);
  expect(posted).toEqual([1]);
  state.revision = 2;
  reporter.changed();
  vi.advanceTimersByTime(10);
  expect(posted).toEqual([1, 2]);
});

test('a connection makes it say the same again; nothing is said before there is something to say, or after the end', () => {
  const { posted, reporter, state, connect } = setUp();
  state.known = false;
  connect();
  vi.advanceTimersByTime(10);
  expect(posted).toEqual([]);
  state.known = true;
  connect();
  vi.advanceTimersByTime(10);
  connect();
  vi.advanceTimersByTime(10);
  expect(posted).toEqual([1, 1]);
  connect();
  reporter.stop();
  reporter.changed();
  connect();
  vi.advanceTimersByTime(100);
  expect(posted).toEqual([1, 1]);
});
