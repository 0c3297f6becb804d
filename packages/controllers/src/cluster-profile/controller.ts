import { compact } from '@slipway/model';
import { changed, defineController } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import { getProfile, listClusters, type ClusterObject, type ProfileObject } from '../reads.ts';
import { writeStatus } from '../writes.ts';
import { newestVersion } from './newest-version.ts';

interface ProfileScope {
  readonly profile: ProfileObject;
  readonly inUseBy: number;
}

/** Says which version of a profile is the newest and how many clusters use it. */
export function clusterProfileController(deps: Deps) {
  const allProfiles = async (): Promise<string[]> =>
    (await deps.store.list({ kind: 'ClusterProfile' })).items.map((profile) => profile.metadata.name);
  // A cluster that moves from one profile to another changes both counts, and its event names only the new one.
  const lastUsed = new Map<string, string>();
  const profilesOf = async ({ metadata, spec }: ClusterObject): Promise<string[]> => {
    const before = lastUsed.get(metadata.uid);
    if (metadata.deletionTimestamp) lastUsed.delete(metadata.uid);
    else lastUsed.set(metadata.uid, spec.profile.name);
    return before === undefined || before === spec.profile.name ? [spec.profile.name] : allProfiles();
  };
  return defineController<ProfileScope>({
    name: 'cluster-profile',
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, 'ClusterProfile', (profile) => [profile.metadata.name]),
      changed(deps, 'Cluster', profilesOf, { specOnly: true }),
    ],
    async load(key) {
      const profile = await getProfile(deps.store, key);
      if (!profile) return undefined;
      const clusters = await listClusters(deps.store, `spec.profile.name=${key}`);
      return { profile, inUseBy: clusters.length };
    },
    deleting: () => false,
    phases: {},
    async finish({ profile, inUseBy }) {
      await writeStatus(
        deps.store,
        profile,
        compact({ latest: newestVersion(profile.spec.versions.map(({ version }) => version)), inUseBy }),
      );
    },
  });
}
