import { messageOf, SlipwayError } from '@slipway/kit';
import {
  type ApiObject,
  cataloguedPack,
  compact,
  deepEqual,
  type MovedVersion,
  newestRelease,
  type NewObject,
  type ObjectStore,
  packKinds,
  packObjectName,
  type PackSpec,
  type PackStatus,
  type RegistrySpec,
  type SyncOutcome,
  withdrawnPack,
} from '@slipway/model';
import type { Catalogue, KnownCatalogue, RegistryRef, RegistrySource } from '@slipway/packs';

export type PackObject = ApiObject<PackSpec, PackStatus>;

export interface SyncInput {
  readonly ref: RegistryRef;
  readonly registry: ApiObject;
  readonly spec: RegistrySpec;
  readonly source: RegistrySource;
  /** What the last sync knew the registry by. */
  readonly revision: string | undefined;
  /** The registry is another one than at the last sync: its keys may be, and who signed what is asked anew. */
  readonly isChanged?: boolean;
  /** Of this tenant. */
  readonly store: ObjectStore;
  readonly now: string;
  readonly onMoved: (pack: string, moved: MovedVersion) => Promise<void>;
}

/** Kind and place of the packs of a registry. */
export const packsOf = ({ project }: Pick<RegistryRef, 'project'>) => ({
  kind: packKinds.at(project === undefined ? 'tenant' : 'project').kind,
  project,
});

/** Reads what a registry has into the catalogue. Never throws: how it ended is the outcome. */
export async function syncRegistry(input: SyncInput): Promise<SyncOutcome> {
  const place = packsOf(input.ref);
  const query = { ...place, fieldSelector: `spec.registry=${input.ref.name}` };
  const stored = (await input.store.list(query)).items as PackObject[];
  const byName = new Map(stored.map((pack) => [pack.spec.name, pack]));
  const known: KnownCatalogue = {
    // Without packs the catalogue was lost, or never filled.
    revision: stored.length === 0 ? undefined : input.revision,
    find(pack, version) {
      const found = byName.get(pack)?.spec.versions.find((one) => one.version === version && one.withdrawn !== true);
      if (found === undefined || !input.isChanged) return found;
      const { signedBy: _signedBy, unsigned: _unsigned, ...content } = found;
      return content;
    },
  };
  let catalogue: Catalogue | undefined;
  try {
    catalogue = await input.source.catalogue(known);
  } catch (error) {
    const refused = error instanceof SlipwayError && !error.retryable;
    return { ok: false, message: messageOf(error), refused };
  }
  if (catalogue === undefined) return outcomeOf(stored, { revision: input.revision, remarks: [] });
  const next: PackObject[] = [];
  for (const listed of catalogue.packs) {
    const old = byName.get(listed.name);
    byName.delete(listed.name);
    const entry = cataloguedPack(old, listed, { registry: input.ref.name, now: input.now });
    const written = await writePack(input, old, entry);
    next.push(written);
    for (const moved of entry.news) await input.onMoved(listed.name, moved);
  }
  for (const gone of byName.values())
    await writePack(input, gone, { spec: withdrawnPack(gone.spec), status: gone.status ?? { moved: [] } });
  return outcomeOf(next, catalogue);
}

function outcomeOf(packs: readonly PackObject[], { revision, remarks }: Pick<Catalogue, 'revision' | 'remarks'>): SyncOutcome {
  const present = packs.filter(({ spec }) => spec.latest !== undefined);
  const versions = present.flatMap(({ spec }) =>
    spec.versions.filter(({ withdrawn }) => withdrawn !== true).map((version) => ({ pack: spec.name, ...version })),
  );
  return {
    ok: true,
    packs: present.length,
    versions: versions.length,
    revision,
    remarks,
    moved: packs.flatMap(({ spec, status }) => (status?.moved ?? []).map(({ version }) => `${spec.name} ${version}`)),
    unsigned: versions.filter(({ unsigned }) => unsigned !== undefined).map(({ pack, version }) => `${pack} ${version}`),
  };
}

async function writePack(
  input: SyncInput,
  old: PackObject | undefined,
  { spec, status }: { spec: PackSpec; status: PackStatus },
): Promise<PackObject> {
  const { store, registry } = input;
  const { kind, project } = packsOf(input.ref);
  let object = old;
  if (object === undefined) {
    const { name, uid } = registry.metadata;
    const made: NewObject = {
      kind,
      metadata: compact({
        name: packObjectName(input.ref.name, spec.name),
        namespace: project,
        ownerReferences: [{ apiVersion: registry.apiVersion, kind: registry.kind, name, uid, controller: true }],
      }),
      spec,
    };
    object = (await store.create(made)) as PackObject;
  } else if (!deepEqual(object.spec, spec)) object = (await store.update({ ...object, spec })) as PackObject;
  if (deepEqual(object.status ?? { moved: [] }, status)) return { ...object, status };
  return (await store.updateStatus({ ...object, status })) as PackObject;
}

/** Newest versions of packs that are wanted at hand. */
export const newestOf = (packs: readonly PackObject[]): { name: string; version: string }[] =>
  packs.flatMap(({ spec }) => {
    const version = spec.latest ?? newestRelease([]);
    return version === undefined ? [] : [{ name: spec.name, version }];
  });
