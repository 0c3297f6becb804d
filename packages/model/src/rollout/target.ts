import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import { sameProfile } from '../cluster-profile/profile-text.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';

type Target = Pick<ProfileRef, 'scope' | 'name'>;

/** The version of the target's profile that a cluster asks for; undefined when it does not use that profile. */
export function versionOf({ profile, addons }: Pick<ClusterSpec, 'profile' | 'addons'>, target: Target): string | undefined {
  return [profile, ...addons].find((ref) => sameProfile(ref, target))?.version;
}

/**
 * The same spec with that version of the profile instead; nothing else changes. A profile it does not use becomes its last add-on; an empty version takes the add-on
 * away.
 */
export function withVersion<S extends Pick<ClusterSpec, 'profile' | 'addons'>>(spec: S, target: Target, version: string): S {
  const { scope, name } = target;
  if (version === '') return { ...spec, addons: spec.addons.filter((ref) => !sameProfile(ref, target)) };
  if (versionOf(spec, target) === undefined) return { ...spec, addons: [...spec.addons, { scope, name, version }] };
  const moved = (ref: ProfileRef): ProfileRef => (sameProfile(ref, target) ? { ...ref, version } : ref);
  return { ...spec, profile: moved(spec.profile), addons: spec.addons.map(moved) };
}
