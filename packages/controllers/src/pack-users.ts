import type { AcceptedPack } from '@slipway/link';
import type { ClusterProfileSpec } from '@slipway/model';
import type { FleetDeps } from './deps.ts';
import { PROFILE_KINDS, usesProfile } from './profile-users.ts';
import type { ClusterObject } from './reads.ts';

/** Keys of the clusters whose profiles name a pack; a name that holds a reference may be any. */
export async function keysUsingPack(
  deps: Pick<FleetDeps, 'store' | 'clusters'>,
  { tenant, project, registry, name }: AcceptedPack,
): Promise<string[]> {
  const naming: ((cluster: ClusterObject, of: string) => boolean)[] = [];
  for (const kind of PROFILE_KINDS) {
    for (const { tenant: owner, object } of (await deps.store.listAll(kind)).items) {
      const { versions } = object.spec as ClusterProfileSpec;
      const names = versions.some(({ layers }) =>
        layers.some(({ chart }) => chart?.registry === registry && (chart.name === name || chart.name.includes('{{'))),
      );
      if (names) naming.push(usesProfile(object, owner));
    }
  }
  return deps.clusters.keysUsing(
    (cluster, of) =>
      of === tenant && (project === undefined || cluster.metadata.namespace === project) && naming.some((uses) => uses(cluster, of)),
  );
}
