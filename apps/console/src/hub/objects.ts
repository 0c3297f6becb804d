import type { ApiObject, ClusterSpec, ClusterStatus, EventSpec, MachinePoolSpec, MachineSpec, MachineStatus } from '@slipway/model';

export type Cluster = ApiObject<ClusterSpec, ClusterStatus>;
export type Pool = ApiObject<MachinePoolSpec, { readonly readyReplicas?: number }>;
export type Machine = ApiObject<MachineSpec, MachineStatus>;
export type HubEvent = ApiObject<EventSpec>;
