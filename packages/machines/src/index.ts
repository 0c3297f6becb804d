export * from './driver.ts';
export {
  checkHost,
  hostPrograms,
  installPackages,
  kernelProblems,
  requireDisk,
  requirePort,
  requireSubnet,
  type HostReport,
  type InstallOptions,
} from './check-host.ts';
export { createHost, type Host, type HostProgress } from './host.ts';
export { hostFacts, type HostFacts } from './host-facts.ts';
export { hostInstance } from './instance.ts';
export { kubeadmSettings, kubeletImageAdvice, type ExtraArg, type KubeadmSettings } from './kubeadm-settings.ts';
export { hubName, imageServer, machineDomain } from './machine-files.ts';
export { ensureNodeRoot, nodeRecipe, type NodeRecipe, type NodeRootOptions } from './node-root.ts';
export { purge, type PurgeOptions } from './purge.ts';
export { hostSnapshot, snapshotDifference, type HostSnapshot } from './snapshot.ts';
