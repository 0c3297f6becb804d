import { type ApiObject, PROFILE_FAMILY, profileKindAt, sameProfile, type Scope, scopeOfKind, SCOPES } from '@slipway/model';
import type { ClusterObject } from './reads.ts';

/** Every kind that a profile may be of. */
export const PROFILE_KINDS: readonly string[] = SCOPES.map(profileKindAt);

/** Whether a cluster is made of a profile, by itself or as an add-on, given whose the two are. */
export function usesProfile(profile: ApiObject<any, any>, tenant: string): (cluster: ClusterObject, of: string) => boolean {
  const scope: Scope = scopeOfKind(PROFILE_FAMILY, profile.kind);
  const { name, namespace } = profile.metadata;
  return ({ metadata, spec }, of) =>
    (scope === 'system' || of === tenant) &&
    (scope !== 'project' || metadata.namespace === namespace) &&
    [spec.profile, ...spec.addons].some((ref) => sameProfile(ref, { scope, name }));
}
