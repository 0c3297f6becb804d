import { type ApiObject, DRAFT_TTL_MS, type UserItemSpec, type UserItemStatus } from '@slipway/model';
import { again, changed, defineController, done } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { keyOf, splitKey } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { deleteObject, writeStatus } from '../writes.ts';

interface ItemScope {
  readonly tenant: string;
  readonly item: ApiObject<UserItemSpec, UserItemStatus>;
}

/** Removes drafts thirty days after their last change. What is kept on purpose stays. */
export const userItemController = (deps: FleetDeps) =>
  defineController<ItemScope>({
    name: 'user-item',
    resyncMs: 7 * 24 * 3_600_000,
    wakeOn: [changed(deps, 'UserItem', (item, tenant) => [keyOf(tenant, item)], { specOnly: true })],
    load: async (key) => {
      const { tenant, name } = splitKey(key);
      const item = (await deps.store.get({ tenant, kind: 'UserItem', name })) as ItemScope['item'] | undefined;
      return item && { tenant, item };
    },
    deleting: () => false,
    phases: {
      active: [
        {
          name: 'expire',
          async run({ tenant, item }) {
            const { metadata, spec, status } = item;
            if (spec.type !== 'draft') return done();
            const now = deps.clock.now();
            const seen = status?.observedGeneration === metadata.generation ? status.expiresAt : undefined;
            const expiresAt = seen ?? new Date(now + DRAFT_TTL_MS).toISOString();
            const left = Date.parse(expiresAt) - now;
            const store = tenantStore(deps.store, tenant);
            if (left > 0) {
              await writeStatus(store, item, { expiresAt, observedGeneration: metadata.generation });
              return again(left, 'not old enough');
            }
            await deleteObject(store, { kind: 'UserItem', name: metadata.name });
            return done();
          },
        },
      ],
    },
    finish: async () => undefined,
  });
