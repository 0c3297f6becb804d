import type { KindRef } from '@slipway/kube';

/** API groups, kinds, labels and annotations the local cloud and the provisioner share. */
export const CAPI = 'cluster.x-k8s.io';
export const INFRA_GROUP = `infrastructure.${CAPI}`;
export const INFRA_VERSION = 'v1alpha1';
export const INFRA_API = `${INFRA_GROUP}/${INFRA_VERSION}`;
export const CAPI_API = `${CAPI}/v1beta2`;
export const CONTROL_PLANE_GROUP = `controlplane.${CAPI}`;
export const BOOTSTRAP_GROUP = `bootstrap.${CAPI}`;

export const CLUSTER: KindRef = { apiVersion: CAPI_API, kind: 'Cluster' };
export const MACHINE: KindRef = { apiVersion: CAPI_API, kind: 'Machine' };
export const MACHINE_DEPLOYMENT: KindRef = { apiVersion: CAPI_API, kind: 'MachineDeployment' };
export const CONTROL_PLANE: KindRef = { apiVersion: `${CONTROL_PLANE_GROUP}/v1beta2`, kind: 'KubeadmControlPlane' };
export const LOCAL_CLUSTER: KindRef = { apiVersion: INFRA_API, kind: 'LocalCluster' };
export const LOCAL_MACHINE: KindRef = { apiVersion: INFRA_API, kind: 'LocalMachine' };

export const CLUSTER_NAME_LABEL = `${CAPI}/cluster-name`;
export const CONTROL_PLANE_LABEL = `${CAPI}/control-plane`;
export const DEPLOYMENT_NAME_LABEL = `${CAPI}/deployment-name`;
export const MANAGED_BY_LABEL = `${CAPI}/managed-by`;
export const PAUSED_ANNOTATION = `${CAPI}/paused`;

/** On every object Slipway applies for a cluster: the only thing deletion goes by. */
export const CLUSTER_UID_LABEL = 'slipway.dev/cluster-uid';
/** The pool a MachineDeployment, Machine or Node belongs to. */
export const POOL_LABEL = 'slipway.dev/pool';
export const CONTROL_PLANE_POOL = 'control-plane';

/** The port API servers listen on, in machines and on the load balancer. */
export const API_SERVER_PORT = 6443;

/** Namespace of a cluster's Cluster API objects in its gateway. */
export const clusterNamespace = (clusterUid: string): string => `slipway-${clusterUid.slice(0, 8)}`;
