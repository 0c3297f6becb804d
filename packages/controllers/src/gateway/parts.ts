import { DEFAULT_TENANT, type ApiObject, type CloudAccountSpec } from '@slipway/model';
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
  readonly profiles: ReadonlyMap<string, ProfileObject>;
  readonly accounts: ReadonlyMap<string, ApiObject<CloudAccountSpec>>;
}

export async function partOf(fleet: FleetDeps, tenant: string, gateway: string): Promise<TenantPart> {
  const store = tenantStore(fleet.store, tenant);
  const byName = async <T>(kind: string): Promise<Map<string, T>> =>
    new Map((await store.list({ kind })).items.map((object) => [object.metadata.name, object as T]));
  return {
    tenant,
    clusters: await listClusters(store, `spec.gateway=${gateway}`),
    pools: await listPools(store),
    profiles: await byName<ProfileObject>('ClusterProfile'),
    accounts: await byName<ApiObject<CloudAccountSpec>>('CloudAccount'),
  };
}

/** Tenants that build with the gateway of this name of the installation, which is the one of the tenant `default`. */
export async function borrowers(fleet: FleetDeps, owner: string, name: string): Promise<TenantPart[]> {
  if (owner !== DEFAULT_TENANT) return [];
  const { items } = await fleet.store.listAll('Gateway');
  const tenants = items.filter(({ tenant, object }) => object.metadata.name === name && isBorrowed(tenant, object as GatewayObject));
  return Promise.all(tenants.map(({ tenant }) => partOf(fleet, tenant, name)));
}

export function assembled(deps: Deps, { clusters, pools, profiles, accounts }: TenantPart): AssembledCluster[] {
  return clusters.map((cluster) => ({
    cluster,
    pools: pools.filter(
      ({ metadata, spec }) => metadata.namespace === cluster.metadata.namespace && spec.cluster === cluster.metadata.name,
    ),
    render: (wanted) =>
      renderCluster(
        {
          cluster,
          pools: wanted,
          resolved: deps.resolveCluster(cluster.spec, profiles.get(cluster.spec.profile.name)),
          cloud: accounts.get(cluster.spec.cloudAccount)?.spec.cloud,
        },
        deps,
      ),
  }));
}
