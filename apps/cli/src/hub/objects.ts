import type { ApiObject, ClusterSpec, ClusterStatus, EventSpec, MachinePoolSpec, MachinePoolStatus } from '@slipway/model';

export type Cluster = ApiObject<ClusterSpec, ClusterStatus>;
export type MachinePool = ApiObject<MachinePoolSpec, MachinePoolStatus>;
export type Event = ApiObject<EventSpec, Record<string, never>>;
