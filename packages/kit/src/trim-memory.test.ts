import { expect, test } from 'vitest';
import { createTrimmer } from './trim-memory.ts';

/** A heap that shrinks to what is alive when it is collected. */
function heap() {
  const state = { total: 20, alive: 18, busy: 0, collected: 0 };
  const deps = {
    held: () => state.total * 1024 * 1024,
    busy: () => state.busy,
    collect: () => {
      state.collected++;
      state.total = state.alive;
    },
  };
  const look = createTrimmer(deps, { restingMiB: 3, busyMiB: 8 });
  // The first look starts from what is alive.
  look();
  return { state, look };
}

test('what a large plan needed goes back at rest, once', () => {
  const { state, look } = heap();
  state.collected = 0;
  state.total = 24;
  state.busy = 0.9;
  look();
  expect(state.collected, 'not while there is work').toBe(0);
  state.busy = 0;
  look();
  look();
  expect(state).toMatchObject({ collected: 1, total: 18 });
});

test('small growth is left alone, much growth goes back also while there is work', () => {
  const { state, look } = heap();
  state.collected = 0;
  state.total = 20;
  look();
  expect(state.collected).toBe(0);
  state.total = 27;
  state.busy = 1;
  look();
  expect(state.collected).toBe(1);
});

test('what stays alive is not collected again and again', () => {
  const { state, look } = heap();
  state.collected = 0;
  state.alive = 40;
  state.total = 41;
  for (let second = 0; second < 5; second++) look();
  expect(state.collected).toBe(1);
});
