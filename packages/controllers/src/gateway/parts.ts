import { DEFAULT_TENANT, type ApiObject, type CloudAccountSpec, type ObjectStore, type ResolveResult } from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { type ClusterObject, type GatewayObject, listClusters, listPools, type PoolObject } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';
import { keptUntilApproved } from '../pending-change.ts';
import type { AssembledCluster } from './assemble.ts';
import { isBorrowed } from './place.ts';
import { renderCluster } from './render-cluster.ts';

/** What one tenant wants of the gateway. */
export interface TenantPart {
  readonly tenant: string;
  readonly clusters: readonly ClusterObject[];
  readonly pools: readonly PoolObject[];
  /** By the uid of the cluster. */
  readonly resolved: ReadonlyMap<string, ResolveResult>;
  readonly accounts: ReadonlyMap<string, ApiObject<CloudAccountSpec>>;
}

export async function partOf(fleet: FleetDeps, tenant: string, gateway: string): Promise<TenantPart> {
  const store = tenantStore(fleet.store, tenant);
  const byName = async <T>(kind: string): Promise<Map<string, T>> =>
    new Map((await store.list({ kind })).items.map((object) => [object.metadata.name, object as T]));
  const clusters = await listClusters(store, `spec.gateway=${gateway}`);
  const reading = { tenant, store: onceEach(store) };
  const resolved = new Map<string, ResolveResult>();
  for (const cluster of clusters)
    resolved.set(cluster.metadata.uid, (await fleet.resolveCluster(reading, cluster, { packs: false })).resolved);
  return {
    tenant,
    clusters,
    pools: await listPools(store),
    resolved,
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

const NOT_RESOLVED: ResolveResult = { ok: false, causes: [], message: 'The cluster was not there yet.' };

/** Clusters of one gateway name the same profiles, macros and accounts. */
function onceEach(store: ObjectStore): Pick<ObjectStore, 'get'> {
  const known = new Map<string, ReturnType<ObjectStore['get']>>();
  return {
    get(ref) {
      const key = JSON.stringify([ref.kind, ref.project ?? '', ref.name]);
      const asked = known.get(key) ?? store.get(ref);
      known.set(key, asked);
      return asked;
    },
  };
}

export async function assembled(deps: Deps, part: TenantPart): Promise<AssembledCluster[]> {
  const { clusters, pools, accounts } = part;
  const place = { tenant: part.tenant, store: onceEach(tenantStore(deps.fleet, part.tenant)) };
  return Promise.all(
    clusters.map(async (cluster) => {
      const resolved = part.resolved.get(cluster.metadata.uid) ?? NOT_RESOLVED;
      const keep = await keptUntilApproved(deps, place, cluster, resolved);
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
