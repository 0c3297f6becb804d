import { compareVersions } from '@slipway/model/browser';
import { useObjects } from '../state/use-live.ts';
import { KINDS } from './kinds.ts';
import type { PlacedProfile, Profile } from './placed-profile.ts';

export type { PlacedProfile } from './placed-profile.ts';
export { declaredBy, versionAt } from './placed-profile.ts';

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
