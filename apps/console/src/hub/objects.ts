import type {
  ApiObject,
  ClusterProfileSpec,
  ClusterProfileStatus,
  ClusterSpec,
  ClusterStatus,
  EventSpec,
  MachinePoolSpec,
  MachineSpec,
  MachineStatus,
  PackSpec,
  PackStatus,
  RegistrySpec,
  RegistryStatus,
} from '@slipway/model';

export type Cluster = ApiObject<ClusterSpec, ClusterStatus>;
export type Pool = ApiObject<MachinePoolSpec, { readonly readyReplicas?: number }>;
export type Machine = ApiObject<MachineSpec, MachineStatus>;
export type HubEvent = ApiObject<EventSpec>;
export type Profile = ApiObject<ClusterProfileSpec, ClusterProfileStatus>;
export type Pack = ApiObject<PackSpec, PackStatus>;
export type Registry = ApiObject<RegistrySpec, RegistryStatus>;
