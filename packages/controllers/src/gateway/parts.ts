import {
  DEFAULT_TENANT,
  type ApiObject,
  type CloudAccountSpec,
  type ObjectStore,
  pendingApproval,
  profileKindAt,
  type ProfileRef,
  type ResolveResult,
  SCOPES,
} from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { type ClusterObject, type GatewayObject, listClusters, listPools, type PoolObject, type ProfileObject } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import type { AssembledCluster } from './assemble.ts';
import { isBorrowed } from './place.ts';
import { renderCluster } from './render-cluster.ts';

/** What one tenant wants of the gateway. */
export interface TenantPart {
  readonly tenant: string;
  readonly clusters: readonly ClusterObject[];
  readonly pools: readonly PoolObject[];
  /** By {@link profileKey}. */
  readonly profiles: ReadonlyMap<string, ProfileObject>;
  readonly accounts: ReadonlyMap<string, ApiObject<CloudAccountSpec>>;
}

/** Where a profile that a cluster names lives. */
const profileKey = ({ scope, name }: Pick<ProfileRef, 'scope' | 'name'>, project: string | undefined): string =>
  [scope, ...(scope === 'project' ? [project] : []), name].join('/');

export async function partOf(fleet: FleetDeps, tenant: string, gateway: string): Promise<TenantPart> {
  const store = tenantStore(fleet.store, tenant);
  const byName = async <T>(kind: string): Promise<Map<string, T>> =>
    new Map((await store.list({ kind })).items.map((object) => [object.metadata.name, object as T]));
  return {
    tenant,
    clusters: await listClusters(store, `spec.gateway=${gateway}`),
    pools: await listPools(store),
    profiles: await profilesOf(store),
    accounts: await byName<ApiObject<CloudAccountSpec>>('CloudAccount'),
  };
}

async function profilesOf(store: ObjectStore): Promise<Map<string, ProfileObject>> {
  const found = new Map<string, ProfileObject>();
  for (const scope of SCOPES) {
    for (const object of (await store.list({ kind: profileKindAt(scope) })).items as ProfileObject[])
      found.set(profileKey({ scope, name: object.metadata.name }, object.metadata.namespace), object);
  }
  return found;
}

/** Tenants that build with the gateway of this name of the installation, which is the one of the tenant `default`. */
export async function borrowers(fleet: FleetDeps, owner: string, name: string): Promise<TenantPart[]> {
  if (owner !== DEFAULT_TENANT) return [];
  const { items } = await fleet.store.listAll('Gateway');
  const tenants = items.filter(({ tenant, object }) => object.metadata.name === name && isBorrowed(tenant, object as GatewayObject));
  return Promise.all(tenants.map(({ tenant }) => partOf(fleet, tenant, name)));
}

export async function assembled(deps: Deps, { clusters, pools, profiles, accounts }: TenantPart): Promise<AssembledCluster[]> {
  return Promise.all(
    clusters.map(async (cluster) => {
      const profile = profiles.get(profileKey(cluster.spec.profile, cluster.metadata.namespace));
      const resolved = deps.resolveCluster(cluster.spec, profile);
      const keep = await keptVersion(deps, cluster, resolved);
      return {
        cluster,
        pools: pools.filter(
          ({ metadata, spec }) => metadata.namespace === cluster.metadata.namespace && spec.cluster === cluster.metadata.name,
        ),
        render: (wanted: readonly PoolObject[]) =>
          renderCluster({ cluster, pools: wanted, resolved, cloud: accounts.get(cluster.spec.cloudAccount)?.spec.cloud, keep }, deps),
      };
    }),
  );
}

/** The version that a cluster's machines keep while another one waits for its approval. Of the many that move nothing, the published plan is not read. */
async function keptVersion(deps: Deps, { metadata, spec, status }: ClusterObject, resolved: ResolveResult): Promise<string | undefined> {
  if (!resolved.ok || status?.kubernetesVersion === resolved.profile.kubernetesVersion) return undefined;
  const published = await deps.plans.latestCluster(metadata.uid);
  return pendingApproval({ published: published?.plan, resolved, approvals: spec.approvals })?.kubernetesVersion;
}
