import { type FleetStore, type ObjectStore, tenantOfKind } from '@slipway/model';
import { createEventRecorder } from '@slipway/runtime';
import type { Deps, FleetDeps } from './deps.ts';

/** A store that knows one tenant only, and what it sees of the installation: what works for it cannot read or write another's by forgetting to say whose. */
export const tenantStore = (store: FleetStore, tenant: string): ObjectStore => ({
  get: (ref) => store.get({ ...ref, tenant: tenantOfKind(ref.kind, tenant) }),
  list: (query) => store.list({ ...query, tenant: tenantOfKind(query.kind, tenant) }),
  create: (object, options) => store.create(object, { ...options, tenant }),
  update: (object, options) => store.update(object, { ...options, tenant }),
  updateStatus: (object, options) => store.updateStatus(object, { ...options, tenant }),
  delete: (ref, options) => store.delete({ ...ref, tenant }, options),
  maskStored: (ref, spec) => store.maskStored({ ...ref, tenant }, spec),
  watch: (query, resourceVersion, signal) => store.watch({ ...query, tenant: tenantOfKind(query.kind, tenant) }, resourceVersion, signal),
});

/** What a run for an object of one tenant works with. */
export function depsOf(deps: FleetDeps, tenant: string): Deps {
  const store = tenantStore(deps.store, tenant);
  return {
    ...deps,
    tenant,
    store,
    fleet: deps.store,
    events: createEventRecorder({ store, clock: deps.clock }),
  };
}
