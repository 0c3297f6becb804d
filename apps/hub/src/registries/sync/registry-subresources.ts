import type { Subresource } from '@slipway/api';
import { SlipwayError } from '@slipway/kit';
import { type ApiObject, packKinds, type PackSpec, registryKinds } from '@slipway/model';
import type { PackInfoOf } from '../pack-infos.ts';
import { type AcceptDeps, acceptSubresources } from './accept-pack.ts';
import { requestSync } from './sync-requests.ts';

/** `registries/x/sync`: the catalogue is read anew. `packs/x/content`: what a version of a pack says about itself. `packs/x/accept`: other content is used. All also for a project's own. */
export function registrySubresources(deps: AcceptDeps & { readonly infoOf: PackInfoOf }): Subresource[] {
  const syncs = registryKinds.all.map(({ kind }): Subresource => ({
    kind,
    name: 'sync',
    verbs: ['create'],
    methods: ['POST'],
    handle: async ({ tenant, project, name }) => {
      const requested = await requestSync(deps.store, { tenant, project, name }, new Date(deps.clock.now()).toISOString());
      if (requested === undefined) throw new SlipwayError('NotFound', `There is no registry "${name}".`);
      return { requested };
    },
  }));
  const contents = packKinds.all.map(({ kind }): Subresource => ({
    kind,
    name: 'content',
    verbs: ['get'],
    methods: ['GET'],
    handle: async ({ tenant, project, object, query }) => {
      const { spec } = object as ApiObject<PackSpec>;
      const version = query.get('version') ?? spec.latest;
      if (version === undefined) throw new SlipwayError('NotFound', `Pack "${spec.name}" has no version.`);
      return deps.infoOf({ tenant, project, registry: spec.registry, name: spec.name, version });
    },
  }));
  return [...syncs, ...contents, ...acceptSubresources(deps)];
}
