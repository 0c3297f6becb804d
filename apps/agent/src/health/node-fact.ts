import type { KubeObject } from '@slipway/kube';
import type { ClusterFacts } from '@slipway/model';

export type NodeFact = ClusterFacts['nodes'][number];

interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const ROLE = 'node-role.kubernetes.io/';

/**
 * Whether a node lacks nothing but a pod network: the container runtime has no CNI configuration yet, and the kubelet says so in these words. Such a node runs pods
 * of the host's network, and so the pack that brings the network.
 */
export function waitsForNetwork(node: KubeObject): boolean {
  const conditions = (node['status']?.conditions ?? []) as NodeCondition[];
  return conditions.some(
    ({ type, status, message }) => type === 'Ready' && status === 'False' && message?.includes('reason:NetworkPluginNotReady') === true,
  );
}

/** A node in the words of the facts. `reason` is empty for a healthy node; otherwise what the kubelet, or its silence, says. */
export function nodeFact(node: KubeObject): NodeFact {
  const conditions = (node['status']?.conditions ?? []) as NodeCondition[];
  const ready = conditions.find((condition) => condition.type === 'Ready');
  const pressures = conditions.filter((condition) => condition.type !== 'Ready' && condition.status === 'True');
  const reasons = [
    ...(ready?.status === 'True' ? [] : [ready?.message || ready?.reason || 'The kubelet has not reported yet.']),
    ...pressures.map((condition) => `${condition.type}: ${condition.message || condition.reason || 'True'}`),
    ...(node['spec']?.unschedulable ? ['Cordoned.'] : []),
  ];
  return {
    name: node.metadata.name,
    ready: ready?.status === 'True',
    reason: reasons.join(' '),
    kubeletVersion: String(node['status']?.nodeInfo?.kubeletVersion ?? ''),
    roles: Object.keys(node.metadata.labels ?? {})
      .filter((label) => label.startsWith(ROLE))
      .map((label) => label.slice(ROLE.length))
      .toSorted(),
    addresses: ((node['status']?.addresses ?? []) as { address: string; type: string }[])
      .filter((address) => address.type === 'InternalIP' || address.type === 'ExternalIP')
      .map((address) => address.address),
  };
}
