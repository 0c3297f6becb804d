import type { ApiObject, EventSpec } from '@slipway/model';
import { again, changed, defineController, done } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { keyOf, splitKey } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { deleteObject } from '../writes.ts';

/** Events are news, not history: the audit log is. */
export const EVENT_TTL_MS = 24 * 3_600_000;

/** Removes events a day after they were last seen. */
export const eventController = (deps: FleetDeps) =>
  defineController<{ readonly tenant: string; readonly event: ApiObject<EventSpec> }>({
    name: 'event',
    resyncMs: EVENT_TTL_MS,
    wakeOn: [changed(deps, 'Event', (event, tenant) => [keyOf(tenant, event)])],
    load: async (key) => {
      const { tenant, project, name } = splitKey(key);
      const event = (await deps.store.get({ tenant, kind: 'Event', project, name })) as ApiObject<EventSpec> | undefined;
      return event && { tenant, event };
    },
    deleting: () => false,
    phases: {
      active: [
        {
          name: 'expire',
          async run({ tenant, event: { metadata, spec } }) {
            const left = Date.parse(spec.lastTimestamp) + EVENT_TTL_MS - deps.clock.now();
            if (left > 0) return again(left, 'not old enough');
            await deleteObject(tenantStore(deps.store, tenant), { kind: 'Event', project: metadata.namespace, name: metadata.name });
            return done();
          },
        },
      ],
    },
    finish: async () => undefined,
  });
