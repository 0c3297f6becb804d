import {
  profileKindAt,
  type ProfileRef,
  type ApiObject,
  type ClusterProfileSpec,
  type ClusterProfileStatus,
  type ClusterSpec,
  type ClusterStatus,
  type GatewaySpec,
  type GatewayStatus,
  type MachinePoolSpec,
  type MachinePoolStatus,
  type MachineSpec,
  type MachineStatus,
  type ObjectStore,
} from '@slipway/model';

export type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;
export type PoolObject = ApiObject<MachinePoolSpec, MachinePoolStatus>;
export type GatewayObject = ApiObject<GatewaySpec, GatewayStatus>;
export type MachineObject = ApiObject<MachineSpec, MachineStatus>;
export type ProfileObject = ApiObject<ClusterProfileSpec, ClusterProfileStatus>;

type Reader = Pick<ObjectStore, 'get' | 'list'>;

// The store checked every object against its kind's schema when it was written, so the types may be trusted here.
export const getCluster = (store: Reader, project: string, name: string) =>
  store.get({ kind: 'Cluster', project, name }) as Promise<ClusterObject | undefined>;
export const getPool = (store: Reader, project: string, name: string) =>
  store.get({ kind: 'MachinePool', project, name }) as Promise<PoolObject | undefined>;
export const getGateway = (store: Reader, name: string) => store.get({ kind: 'Gateway', name }) as Promise<GatewayObject | undefined>;
/** The profile that a cluster of this project names, where the reference says that it lives. */
export const getProfile = (store: Reader, { scope, name }: Pick<ProfileRef, 'scope' | 'name'>, project: string | undefined) =>
  store.get({ kind: profileKindAt(scope), project: scope === 'project' ? project : undefined, name }) as Promise<ProfileObject | undefined>;

export const listClusters = async (store: Reader, fieldSelector?: string): Promise<ClusterObject[]> =>
  (await store.list({ kind: 'Cluster', ...(fieldSelector === undefined ? {} : { fieldSelector }) })).items as ClusterObject[];

export const listPools = async (store: Reader, project?: string, cluster?: string): Promise<PoolObject[]> =>
  (await store.list({ kind: 'MachinePool', project, ...(cluster === undefined ? {} : { fieldSelector: `spec.cluster=${cluster}` }) }))
    .items as PoolObject[];

export const listMachines = async (store: Reader, project: string, cluster: string): Promise<MachineObject[]> =>
  (await store.list({ kind: 'Machine', project, fieldSelector: `spec.cluster=${cluster}` })).items as MachineObject[];

/** `tenant/project/name`, or `tenant/name` of what is in no project. */
export const keyOf = (tenant: string, object: { metadata: { namespace?: string | undefined; name: string } }): string =>
  [tenant, object.metadata.namespace, object.metadata.name].filter((part) => part !== undefined).join('/');

/** The project is empty for what is in none. */
export function splitKey(key: string): { tenant: string; project: string; name: string } {
  const [tenant = '', ...rest] = key.split('/');
  return { tenant, project: rest.length > 1 ? (rest[0] ?? '') : '', name: rest.at(-1) ?? '' };
}
