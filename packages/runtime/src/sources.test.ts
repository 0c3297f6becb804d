import { silentLogger, SlipwayError } from '@slipway/kit';
import type { FleetReader } from '@slipway/model';
import { createFakeClock, createMemoryStore, settled } from '@slipway/testkit';
import { afterEach, expect, it } from 'vitest';
import { changed } from './sources.ts';

let stop = new AbortController();
afterEach(() => stop.abort());

function setUp(specOnly: boolean) {
  stop = new AbortController();
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  const woken: string[] = [];
  let broken: 'Gone' | 'Unavailable' | undefined;
  const flaky: FleetReader = {
    listAll: (kind) => store.listAll(kind),
    async *watchAll(kind, version, signal) {
      if (broken) {
        const code = broken;
        broken = undefined;
        throw new SlipwayError(code, 'broken off');
      }
      yield* store.watchAll(kind, version, signal);
    },
  };
  const source = changed(
    { store: flaky, timers: clock.timers, logger: silentLogger },
    'Cluster',
    (object, tenant) => [tenant === 'default' ? object.metadata.name : `${tenant}/${object.metadata.name}`],
    { specOnly },
  );
  return {
    clock,
    store,
    woken,
    breakNext: (how: 'Gone' | 'Unavailable') => (broken = how),
    start: () => void source.run((key) => woken.push(key), stop.signal),
  };
}

it('wakes what is there, then what changes, and lists again when the watch breaks off', async () => {
  const { clock, store, woken, breakNext, start } = setUp(false);
  await store.create({ kind: 'Cluster', metadata: { name: 'a', namespace: 'p' }, spec: {} });
  breakNext('Gone');
  start();
  await settled();
  expect(woken).toEqual(['a']);
  const b = await store.create({ kind: 'Cluster', metadata: { name: 'b', namespace: 'p' }, spec: {} });
  await clock.advance(1000);
  expect(woken).toEqual(['a', 'a', 'b']);
  await store.updateStatus({ ...b, status: { phase: 'x' } });
  await store.delete({ kind: 'Cluster', project: 'p', name: 'b' });
  await store.create({ kind: 'Cluster', metadata: { name: 'b', namespace: 'p' }, spec: {} }, { tenant: 'acme' });
  await settled();
  expect(woken.slice(3)).toEqual(['b', 'b', 'acme/b']);
});

it('with specOnly is not woken by status, but by spec and by the start and end of a deletion', async () => {
  const { store, woken, start } = setUp(true);
  const made = await store.create({ kind: 'Cluster', metadata: { name: 'a', namespace: 'p', finalizers: ['x'] }, spec: { n: 1 } });
  start();
  await settled();
  const reported = await store.updateStatus({ ...made, status: { phase: 'x' } });
  await settled();
  expect(woken).toEqual(['a']);
  await store.update({ ...reported, spec: { n: 2 } });
  await settled();
  expect(woken).toHaveLength(2);
  const deleting = await store.delete({ kind: 'Cluster', project: 'p', name: 'a' });
  await settled();
  expect(woken).toHaveLength(3);
  await store.update({ ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });
  await settled();
  expect(woken).toHaveLength(4);
});
