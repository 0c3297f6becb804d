import { compact, isPublished, knownVersions, profileKindAt, type ProfileRef, type Scope } from '@slipway/model';
import { changed, defineController } from '@slipway/runtime';
import type { FleetDeps } from '../deps.ts';
import { usesProfile } from '../profile-users.ts';
import { getProfile, keyOf, listClusters, splitKey, type ClusterObject, type ProfileObject } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { writeStatus } from '../writes.ts';
import { newestVersion } from './newest-version.ts';

interface ProfileScope {
  readonly tenant: string;
  readonly profile: ProfileObject;
  readonly inUseBy: number | undefined;
}

/** Says which version of a profile is the newest, what was published, and how many clusters use it; one controller for each scope that profiles live at. */
export function clusterProfileController(deps: FleetDeps, scope: Scope) {
  const kind = profileKindAt(scope);
  const keyOfRef = (tenant: string, name: string, project: string | undefined): string =>
    keyOf(tenant, { metadata: { name, namespace: scope === 'project' ? project : undefined } });
  // A cluster that moves from one profile to another changes both counts, and its event names only the new one.
  const lastUsed = new Map<string, readonly string[]>();
  const profilesOf = ({ metadata, spec }: ClusterObject, tenant: string): string[] => {
    const before = lastUsed.get(metadata.uid) ?? [];
    const now = [spec.profile, ...spec.addons]
      .filter((ref: ProfileRef) => ref.scope === scope)
      .map((ref) => keyOfRef(tenant, ref.name, metadata.namespace));
    if (metadata.deletionTimestamp) lastUsed.delete(metadata.uid);
    else lastUsed.set(metadata.uid, now);
    return [...new Set([...before, ...now])];
  };
  return defineController<ProfileScope>({
    name: scope === 'tenant' ? 'cluster-profile' : `${scope}-cluster-profile`,
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, kind, (profile, tenant) => [keyOf(tenant, profile)]),
      // How many clusters use what belongs to the installation is nobody's business: every tenant reads its status.
      ...(scope === 'system' ? [] : [changed(deps, 'Cluster', profilesOf, { specOnly: true })]),
    ],
    async load(key) {
      const { tenant, project, name } = splitKey(key);
      const store = tenantStore(deps.store, tenant);
      const profile = await getProfile(store, { scope, name }, project);
      if (!profile) return undefined;
      if (scope === 'system') return { tenant, profile, inUseBy: undefined };
      const uses = usesProfile(profile, tenant);
      // Add-ons cannot be selected by a field; other profiles can, and have most of the clusters.
      const candidates = await listClusters(store, profile.spec.type === 'addon' ? undefined : `spec.profile.name=${name}`);
      return { tenant, profile, inUseBy: candidates.filter((cluster) => uses(cluster, tenant)).length };
    },
    deleting: () => false,
    phases: {},
    async finish({ tenant, profile, inUseBy }) {
      const { spec, status } = profile;
      const latest = newestVersion(spec.versions.filter(isPublished).map(({ version }) => version));
      await writeStatus(tenantStore(deps.store, tenant), profile, compact({ latest, inUseBy, ...knownVersions(spec, status) }));
    },
  });
}
