import { type ApiObject, type ClusterProfileSpec, kindAt, MACRO_FAMILY, scopeOfKind, SCOPES, usesIn, usesOf } from '@slipway/model';
import type { FleetDeps } from './deps.ts';
import { PROFILE_KINDS, usesProfile } from './profile-users.ts';
import type { ClusterObject } from './reads.ts';

/** Every kind that a macro may be of. */
export const MACRO_KINDS: readonly string[] = SCOPES.map((scope) => kindAt(MACRO_FAMILY, scope));

/** Keys of the clusters that a macro may be part of: by a profile that names it, or by what they give their profiles. Which scope's macro counts is found out when they run. */
export async function keysUsingMacro(deps: Pick<FleetDeps, 'store' | 'clusters'>, macro: ApiObject, tenant: string): Promise<string[]> {
  const scope = scopeOfKind(MACRO_FAMILY, macro.kind);
  const { name, namespace } = macro.metadata;
  const inReach = ({ metadata }: ClusterObject, of: string): boolean =>
    (scope === 'system' || of === tenant) && (scope !== 'project' || metadata.namespace === namespace);
  const naming: ((cluster: ClusterObject, of: string) => boolean)[] = [];
  for (const kind of PROFILE_KINDS) {
    for (const { tenant: owner, object } of (await deps.store.listAll(kind)).items) {
      const { versions } = object.spec as ClusterProfileSpec;
      if (versions.some((version) => usesOf(version).macros.includes(name))) naming.push(usesProfile(object, owner));
    }
  }
  return deps.clusters.keysUsing(
    (cluster, of) =>
      inReach(cluster, of) &&
      (usesIn([cluster.spec.variables, cluster.spec.overrides]).macros.includes(name) || naming.some((uses) => uses(cluster, of))),
  );
}
