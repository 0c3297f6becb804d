import type { ApiObject, ClusterProfileSpec, ProfileRef, Variable } from '@slipway/model';
import { compareVersions } from '@slipway/model/browser';
import { useObjects } from '../state/use-live.ts';
import { KINDS } from './kinds.ts';

export type Profile = ApiObject<ClusterProfileSpec, { readonly latest?: string }>;
type Version = ClusterProfileSpec['versions'][number];

/** A profile and where it lives. */
export interface PlacedProfile {
  readonly scope: ProfileRef['scope'];
  readonly profile: Profile;
  /** What clusters can use, newest first. */
  readonly versions: readonly Version[];
}

/** Every profile that a cluster of a project can use, of the project first; those that somebody may not list are left out. */
export function useProfiles(project: string): { readonly profiles: readonly PlacedProfile[]; readonly loading: boolean } {
  const own = useObjects<Profile>(KINDS.projectclusterprofiles, project);
  const tenant = useObjects<Profile>(KINDS.clusterprofiles);
  const system = useObjects<Profile>(KINDS.systemclusterprofiles);
  const placed = (scope: PlacedProfile['scope'], items: readonly Profile[]) =>
    items
      .map((profile): PlacedProfile => {
        const published = profile.spec.versions.filter(({ state }) => state !== 'draft');
        return { scope, profile, versions: published.toSorted((a, b) => compareVersions(a.version, b.version)) };
      })
      .filter(({ versions }) => versions.length > 0);
  return {
    profiles: [...placed('project', own.items), ...placed('tenant', tenant.items), ...placed('system', system.items)],
    loading: [own, tenant, system].some(({ state }) => state === 'loading'),
  };
}

/** The version that a reference means; undefined when it is not there, or not seen. */
export function versionAt(profiles: readonly PlacedProfile[], ref: ProfileRef | undefined): Version | undefined {
  const found = profiles.find(({ scope, profile }) => scope === (ref?.scope ?? 'tenant') && profile.metadata.name === ref?.name);
  return found?.versions.find(({ version }) => version === ref?.version);
}

export const declaredBy = (profiles: readonly PlacedProfile[], ref: ProfileRef | undefined): readonly Variable[] =>
  versionAt(profiles, ref)?.variables ?? [];
