import type { PackReads } from '../pack/pack-reads.ts';
import type { AdmissionReads } from './define-kind.ts';
import type { FleetReader, ObjectStore } from './object-store.ts';

export interface AdmissionSources {
  /** Whose objects are meant. */
  readonly tenant: string;
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly fleet: Pick<FleetReader, 'listAll'>;
  /** Absent where nothing is known of packs: what needs them is then not checked. */
  readonly packs?: PackReads | undefined;
}

/** What admission may look at on behalf of one write, whoever makes it. */
export const admissionReads = ({ tenant, store, fleet, packs }: AdmissionSources): AdmissionReads => ({
  get: (kind, name, project) => store.get({ tenant, kind, name, project }),
  list: async (kind, project) => (await store.list({ tenant, kind, project })).items,
  everywhere: async (kind) => (await fleet.listAll(kind)).items,
  ...(packs === undefined ? {} : { packs }),
});
