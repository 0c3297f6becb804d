import type { AdmissionReads, ObjectStore } from '@slipway/model';
import type { FleetDeps } from '../deps.ts';

/** What admission may look at, for writes that a controller makes: they pass no API. */
export const admissionReads = (store: Pick<ObjectStore, 'get' | 'list'>, fleet: FleetDeps['store']): AdmissionReads => ({
  get: (kind, name, project) => store.get({ kind, name, project }),
  list: async (kind, project) => (await store.list({ kind, project })).items,
  everywhere: async (kind) => (await fleet.listAll(kind)).items,
});
