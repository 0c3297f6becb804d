import { compact } from '@slipway/model';
import { changed, defineController } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { getProfile, keyOf, listClusters, splitKey, type ClusterObject, type ProfileObject } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { writeStatus } from '../writes.ts';
import { newestVersion } from './newest-version.ts';

interface ProfileScope {
  readonly tenant: string;
  readonly profile: ProfileObject;
  readonly inUseBy: number;
}

/** Says which version of a profile is the newest and how many clusters use it. */
export function clusterProfileController(deps: FleetDeps) {
  const allProfiles = async (tenant: string): Promise<string[]> =>
    (await deps.store.list({ tenant, kind: 'ClusterProfile' })).items.map((profile) => keyOf(tenant, profile));
  // A cluster that moves from one profile to another changes both counts, and its event names only the new one.
  const lastUsed = new Map<string, string>();
  const profilesOf = async ({ metadata, spec }: ClusterObject, tenant: string): Promise<string[]> => {
    const before = lastUsed.get(metadata.uid);
    if (metadata.deletionTimestamp) lastUsed.delete(metadata.uid);
    else lastUsed.set(metadata.uid, spec.profile.name);
    return before === undefined || before === spec.profile.name ? [`${tenant}/${spec.profile.name}`] : allProfiles(tenant);
  };
  return defineController<ProfileScope>({
    name: 'cluster-profile',
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, 'ClusterProfile', (profile, tenant) => [keyOf(tenant, profile)]),
      changed(deps, 'Cluster', profilesOf, { specOnly: true }),
    ],
    async load(key) {
      const { tenant, name } = splitKey(key);
      const store = tenantStore(deps.store, tenant);
      const profile = await getProfile(store, name);
      if (!profile) return undefined;
      const clusters = await listClusters(store, `spec.profile.name=${name}`);
      return { tenant, profile, inUseBy: clusters.length };
    },
    deleting: () => false,
    phases: {},
    async finish({ tenant, profile, inUseBy }) {
      await writeStatus(
        tenantStore(deps.store, tenant),
        profile,
        compact({ latest: newestVersion(profile.spec.versions.map(({ version }) => version)), inUseBy }),
      );
    },
  });
}
