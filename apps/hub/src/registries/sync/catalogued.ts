import { type ApiObject, cataloguedContent, type ObjectStore, packObjectName, type PackSpec, type PackStatus } from '@slipway/model';
import type { CataloguedContent, RegistryRef } from '@slipway/packs';
import { packsOf } from './sync-registry.ts';

/** The content that a version was seen with first, or that somebody accepted since; undefined when the catalogue does not know it. */
export async function catalogued(
  store: Pick<ObjectStore, 'get'>,
  ref: RegistryRef,
  pack: { readonly name: string; readonly version: string },
): Promise<CataloguedContent | undefined> {
  const object = (await store.get({ tenant: ref.tenant, ...packsOf(ref), name: packObjectName(ref.name, pack.name) })) as
    | ApiObject<PackSpec, PackStatus>
    | undefined;
  return object && cataloguedContent(object, pack.version);
}
