/** Labels Slipway puts on everything it makes, in gateways and in clusters. */
export const LABELS = {
  clusterUid: 'slipway.dev/cluster-uid',
  cluster: 'slipway.dev/cluster',
  project: 'slipway.dev/project',
  /** On Cluster API objects of one machine pool; `control-plane` is taken. */
  pool: 'slipway.dev/pool',
  layer: 'slipway.dev/layer',
} as const;

/** Pool name of control-plane machines; no MachinePool may have it. */
export const CONTROL_PLANE_POOL = 'control-plane';

/** A DNS label, and so the limit of a machine's host name. */
export const MAX_LABEL = 63;
/** `-xxxxx-xxxxx`: what a MachineDeployment and its MachineSet add to a machine's name. */
export const MACHINE_SUFFIX = 12;
/** `-control-plane-xxxxx` is the longest a control-plane machine adds. */
export const CONTROL_PLANE_SUFFIX = 20;

/** Namespace of a cluster's Cluster API objects in its gateway: a re-created cluster of the same name never meets the old one's objects. */
export const infrastructureNamespace = (clusterUid: string): string => `slipway-${clusterUid.slice(0, 8)}`;

export const machineDeploymentName = (cluster: string, pool: string): string => `${cluster}-${pool}`;
