export { createKubeClient, type KubeClientOptions } from './client.ts';
export { createInformer, type Informer, type InformerOptions } from './informer.ts';
export { fromKubeconfig, inCluster, rotatingToken } from './kubeconfig.ts';
export * from './types.ts';
