import type { ApiObject, EventSpec } from '@slipway/model';
import { again, changed, defineController, done } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { keyOf, splitKey } from '../reads.ts';
import { deleteObject } from '../writes.ts';

/** Events are news, not history: the audit log is. */
export const EVENT_TTL_MS = 24 * 3_600_000;

/** Removes events a day after they were last seen. */
export const eventController = (deps: Deps) =>
  defineController<ApiObject<EventSpec>>({
    name: 'event',
    resyncMs: EVENT_TTL_MS,
    wakeOn: [changed(deps, 'Event', (event) => [keyOf(event)])],
    load: async (key) => {
      const { project, name } = splitKey(key);
      return (await deps.store.get({ kind: 'Event', project, name })) as ApiObject<EventSpec> | undefined;
    },
    deleting: () => false,
    phases: {
      active: [
        {
          name: 'expire',
          async run({ metadata, spec }) {
            const left = Date.parse(spec.lastTimestamp) + EVENT_TTL_MS - deps.clock.now();
            if (left > 0) return again(left, 'not old enough');
            await deleteObject(deps.store, { kind: 'Event', project: metadata.namespace, name: metadata.name });
            return done();
          },
        },
      ],
    },
    finish: async () => undefined,
  });
