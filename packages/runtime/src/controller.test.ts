import { silentLogger } from '@slipway/kit';
import { createFakeClock } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { createController, defineController, type ControllerDefinition, type RunResult } from './controller.ts';
import { again, done, wait, type Step } from './step.ts';

interface Scope {
  readonly deleting: boolean;
  readonly paused: boolean;
}

function setUp(phases: ControllerDefinition<Scope>['phases'], scope: Scope | undefined = { deleting: false, paused: false }) {
  const clock = createFakeClock();
  const finished: RunResult[] = [];
  const definition = defineController<Scope>({
    name: 'test',
    resyncMs: 60_000,
    wakeOn: [],
    load: async () => scope,
    paused: ({ paused }) => paused,
    deleting: ({ deleting }) => deleting,
    phases,
    finish: async (_, result) => {
      finished.push(result);
    },
  });
  const controller = createController(definition, { clock, timers: clock.timers, logger: silentLogger });
  return { finished, reconcile: () => controller.reconcile('key', new AbortController().signal) };
}

const phase = (name: string, step: Step | Error, needs: string[] = []) => ({
  name,
  needs,
  run: () => {
    if (step instanceof Error) throw step;
    return step;
  },
});

describe('controller', () => {
  it('runs the phases of the state, always-phases first', async () => {
    const phases = { always: [phase('a', done())], active: [phase('b', done())], deleting: [phase('c', done())] };
    const active = setUp(phases);
    await active.reconcile();
    expect([...(active.finished[0]?.steps.keys() ?? [])]).toEqual(['a', 'b']);
    const deleting = setUp(phases, { deleting: true, paused: false });
    await deleting.reconcile();
    expect([...(deleting.finished[0]?.steps.keys() ?? [])]).toEqual(['a', 'c']);
  });

  it('goes on after a phase that failed, skips those that need it, writes status, and then fails', async () => {
    const { finished, reconcile } = setUp({
      active: [phase('a', new Error('broken')), phase('b', done()), phase('c', done(), ['a']), phase('d', done(), ['b'])],
    });
    await expect(reconcile()).rejects.toThrow('broken');
    const result = finished[0];
    expect(result?.errors.get('a')).toBeInstanceOf(Error);
    expect(result?.steps.get('b')).toEqual(done());
    expect(result?.steps.get('c')).toMatchObject({ type: 'wait', message: 'Waits for a.' });
    expect(result?.steps.get('d')).toEqual(done());
  });

  it('takes the shortest again, and the resync otherwise', async () => {
    const soon = setUp({ active: [phase('a', again(5000, 'x')), phase('b', again(3000, 'y')), phase('c', wait('Z', 'z'))] });
    expect(await soon.reconcile()).toEqual({ againAfterMs: 3000 });
    expect(await setUp({ active: [phase('a', wait('Z', 'z'))] }).reconcile()).toEqual({ againAfterMs: 60_000 });
  });

  it('does nothing to a paused object but write its status, and nothing at all when it is gone', async () => {
    const paused = setUp(
      { always: [phase('a', new Error('touched'))], deleting: [phase('b', new Error('touched'))] },
      { deleting: true, paused: true },
    );
    await paused.reconcile();
    expect(paused.finished).toHaveLength(1);
    expect(paused.finished[0]?.steps.size).toBe(0);
  });
});
