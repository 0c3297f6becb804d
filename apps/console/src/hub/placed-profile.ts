import type { ApiObject, ClusterProfileSpec, ProfileRef, Variable } from '@slipway/model';

export type Profile = ApiObject<ClusterProfileSpec, { readonly latest?: string }>;
type Version = ClusterProfileSpec['versions'][number];

/** A profile and where it lives. */
export interface PlacedProfile {
  readonly scope: ProfileRef['scope'];
  readonly profile: Profile;
  /** What clusters can use, newest first. */
  readonly versions: readonly Version[];
}

/** The version that a reference means; undefined when it is not there, or not seen. */
export function versionAt(profiles: readonly PlacedProfile[], ref: ProfileRef | undefined): Version | undefined {
  const found = profiles.find(({ scope, profile }) => scope === (ref?.scope ?? 'tenant') && profile.metadata.name === ref?.name);
  return found?.versions.find(({ version }) => version === ref?.version);
}

export const declaredBy = (profiles: readonly PlacedProfile[], ref: ProfileRef | undefined): readonly Variable[] =>
  versionAt(profiles, ref)?.variables ?? [];
