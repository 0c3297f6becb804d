import { type ApiObject, type ObjectStore, packObjectName, type PackSpec } from '@slipway/model';
import type { RegistryRef } from '@slipway/packs';
import { packsOf } from './sync-registry.ts';

/** The digest that a version was seen with first; undefined when the catalogue does not know it. */
export async function cataloguedDigest(
  store: Pick<ObjectStore, 'get'>,
  ref: RegistryRef,
  pack: { readonly name: string; readonly version: string },
): Promise<string | undefined> {
  const object = (await store.get({ tenant: ref.tenant, ...packsOf(ref), name: packObjectName(ref.name, pack.name) })) as
    | ApiObject<PackSpec>
    | undefined;
  return object?.spec.versions.find(({ version }) => version === pack.version)?.digest;
}
