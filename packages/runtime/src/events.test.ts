import type { ApiObject, EventSpec } from '@slipway/model';
import { createFakeClock, createMemoryStore } from '@slipway/testkit';
import { expect, it } from 'vitest';
import { createEventRecorder } from './events.ts';

it('counts repeats of the same event up instead of making another, also after a restart', async () => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  const regarding = await store.create({ kind: 'Cluster', metadata: { name: 'dev', namespace: 'team' }, spec: {} });
  const event = { regarding, type: 'Warning' as const, reason: 'LayerFailed', message: 'Layer x failed: timed out' };
  await createEventRecorder({ store, clock }).record(event);
  await clock.advance(5000);
  await createEventRecorder({ store, clock }).record(event);
  await createEventRecorder({ store, clock }).record({ ...event, message: 'Layer y failed' });
  const events = (await store.list({ kind: 'Event', project: 'team' })).items as ApiObject<EventSpec>[];
  expect(events.map(({ spec }) => [spec.message, spec.count])).toEqual(
    expect.arrayContaining([
      ['Layer x failed: timed out', 2],
      ['Layer y failed', 1],
    ]),
  );
  expect(events).toHaveLength(2);
  const repeated = events.find(({ spec }) => spec.count === 2)?.spec;
  expect(Date.parse(repeated?.lastTimestamp ?? '') - Date.parse(repeated?.firstTimestamp ?? '')).toBe(5000);
});

it('writes events about objects without a project into the default one, and cuts long messages', async () => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  const regarding = await store.create({ kind: 'Gateway', metadata: { name: 'local' }, spec: {} });
  await createEventRecorder({ store, clock }).record({ regarding, type: 'Normal', reason: 'Connected', message: 'x'.repeat(5000) });
  const [event] = (await store.list({ kind: 'Event', project: 'default' })).items as ApiObject<EventSpec>[];
  expect(event?.spec.message).toHaveLength(1024);
});
