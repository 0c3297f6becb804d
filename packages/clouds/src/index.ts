export * from './contract/cloud.ts';
export * from './local/names.ts';
export { localProviderCrds } from './local/crds.ts';
export {
  ensureGatewayCluster,
  GATEWAY_MACHINE,
  type GatewayCluster as GatewayClusterHandle,
  type GatewayClusterDeps,
  type GatewayClusterOptions,
  type GatewayStep,
} from './local/gateway-cluster.ts';
export { createLocalProvider, type LocalProvider } from './local/provider/provider.ts';
export type { LocalProviderDeps, ToolchainPort } from './local/provider/scope.ts';
export { localCloud, POD_CIDR, SERVICE_CIDR } from './local/render.ts';
export { clouds } from './registry.ts';
export {
  AGENT_CREDENTIAL_SECRET,
  AGENT_LINK_SECRET,
  AGENT_NAME,
  AGENT_NAMESPACE,
  type AgentSettings,
} from './provisioner/agent-manifests.ts';
export { createProvisioner, type Provisioner, type ProvisionerDeps } from './provisioner/provisioner.ts';
