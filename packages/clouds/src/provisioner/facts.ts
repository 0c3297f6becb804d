import type { KubeObject } from '@slipway/kube';
import type { Condition, GatewayCluster, MachineFact, ProvisionFacts } from '@slipway/model';
import { CONTROL_PLANE_LABEL, CONTROL_PLANE_POOL, POOL_LABEL } from '../local/names.ts';

/** Everything known about one cluster, as the watches and the provisioner have it. */
export interface ClusterView {
  readonly wanted: Pick<GatewayCluster, 'clusterUid' | 'name'>;
  readonly cluster: KubeObject | undefined;
  readonly controlPlane: KubeObject | undefined;
  readonly deployments: readonly KubeObject[];
  readonly machines: readonly KubeObject[];
  readonly appliedHash: string | undefined;
  readonly agentInstalled: boolean;
  /** A tombstone of the cluster is being worked on, or done. */
  readonly deletion: 'none' | 'running' | 'done';
  /** Why the last apply, install or deletion did not go through. */
  readonly trouble: string | undefined;
}

const PHASES = ['Pending', 'Provisioning', 'Provisioned', 'Deleting', 'Failed'] as const;

/** What a cluster is, in the words that go up the link. Pure. */
export function provisionFacts(view: ClusterView): ProvisionFacts {
  const { cluster, controlPlane } = view;
  const endpoint = cluster?.['spec']?.controlPlaneEndpoint;
  return {
    kind: 'ProvisionFacts',
    clusterUid: view.wanted.clusterUid,
    phase: phaseOf(view),
    conditions: conditionsOf(cluster),
    ...(endpoint?.host ? { endpoint: `https://${endpoint.host}:${endpoint.port}` } : {}),
    ...(controlPlane === undefined ? {} : { controlPlane: countsOf(controlPlane) }),
    pools: view.deployments
      .map((deployment) => ({ name: deployment.metadata.labels?.[POOL_LABEL] ?? deployment.metadata.name, ...countsOf(deployment) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    machines: view.machines.map(machineFact).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ...(view.appliedHash === undefined ? {} : { appliedHash: view.appliedHash }),
    agentInstalled: view.agentInstalled,
    waitingFor: waitingFor(view),
  };
}

function phaseOf({ cluster, deletion }: ClusterView): ProvisionFacts['phase'] {
  if (deletion === 'done') return 'Deleted';
  if (deletion === 'running' || cluster?.metadata.deletionTimestamp !== undefined) return 'Deleting';
  const phase: unknown = cluster?.['status']?.phase;
  return PHASES.find((known) => known === phase) ?? 'Pending';
}

/** Cluster API sends conditions of both contracts under their own names; these are the v1beta2 ones. */
const conditionsOf = (object: KubeObject | undefined): Condition[] =>
  ((object?.['status']?.conditions ?? []) as Partial<Condition>[]).map((item) => ({
    type: item.type ?? '',
    status: item.status ?? 'Unknown',
    reason: item.reason ?? '',
    message: item.message ?? '',
    lastTransitionTime: item.lastTransitionTime ?? '',
  }));

function countsOf(object: KubeObject) {
  const status = object['status'] ?? {};
  const version: string | undefined = status.version ?? object['spec']?.version ?? object['spec']?.template?.spec?.version;
  return {
    replicas: status.replicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    // Until its controller has looked at the newest spec the count is of an older one.
    upToDateReplicas: (status.observedGeneration ?? 0) < (object.metadata.generation ?? 0) ? 0 : (status.upToDateReplicas ?? 0),
    ...(version === undefined ? {} : { version }),
  };
}

const isControlPlane = (machine: KubeObject): boolean => machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;

function machineFact(machine: KubeObject): MachineFact {
  const { spec = {}, status = {} } = machine;
  return {
    name: machine.metadata.name,
    uid: machine.metadata.uid ?? '',
    pool: isControlPlane(machine) ? CONTROL_PLANE_POOL : (machine.metadata.labels?.[POOL_LABEL] ?? ''),
    role: isControlPlane(machine) ? 'control-plane' : 'worker',
    phase: status.phase ?? 'Pending',
    ...(spec.version === undefined ? {} : { version: spec.version }),
    ...(spec.providerID ? { providerID: spec.providerID } : {}),
    ...(status.nodeRef?.name === undefined ? {} : { nodeName: status.nodeRef.name }),
    addresses: [
      ...new Set(
        ((status.addresses ?? []) as { type: string; address: string }[])
          .filter((item) => item.type.endsWith('IP'))
          .map((item) => item.address),
      ),
    ],
    ...(spec.failureDomain ? { failureDomain: spec.failureDomain } : {}),
    createdAt: machine.metadata.creationTimestamp ?? '',
    conditions: conditionsOf(machine),
  };
}

/** One thing at a time, the first in the order things happen; empty when nothing is waited for. */
function waitingFor(view: ClusterView): string {
  if (view.deletion === 'done') return '';
  if (view.trouble !== undefined) return view.trouble;
  if (view.deletion === 'running') return deletionWait(view);
  const { cluster } = view;
  if (cluster === undefined) return `Cluster API to take up cluster ${view.wanted.name}`;
  if (cluster['status']?.initialization?.infrastructureProvisioned !== true) return `the load balancer of ${view.wanted.name}`;
  const initialised = cluster['status']?.initialization?.controlPlaneInitialized === true;
  const machine = view.machines
    .map((item) => machineWait(item, initialised))
    .filter((words) => words !== undefined)
    .toSorted((a, b) => a.order - b.order)[0];
  if (machine !== undefined) return machine.words;
  if (!initialised) return `the first control plane of ${view.wanted.name}`;
  return view.agentInstalled ? '' : `the API server of ${view.wanted.name} to take the agent`;
}

function deletionWait({ machines, wanted, cluster }: ClusterView): string {
  if (machines.length > 0) return `${machines.length} machine${machines.length === 1 ? '' : 's'} of ${wanted.name} to be removed`;
  return cluster === undefined ? `what is left of ${wanted.name} to be removed` : `the load balancer of ${wanted.name} to be removed`;
}

function machineWait(machine: KubeObject, initialised: boolean): { order: number; words: string } | undefined {
  const { name, deletionTimestamp } = machine.metadata;
  const status = machine['status'] ?? {};
  if (deletionTimestamp !== undefined) return { order: 4, words: `${name} to be removed` };
  const infrastructure = conditionsOf(machine).find((item) => item.type === 'InfrastructureReady');
  if (infrastructure?.status === 'False' && status.initialization?.infrastructureProvisioned === true)
    return { order: 0, words: `the replacement of ${name}: ${infrastructure.message || infrastructure.reason}` };
  if (status.nodeRef?.name !== undefined) return undefined;
  if (status.initialization?.bootstrapDataSecretCreated !== true)
    return { order: 3, words: isControlPlane(machine) || initialised ? `bootstrap data of ${name}` : 'the first control plane' };
  if (status.initialization?.infrastructureProvisioned !== true) return { order: 1, words: infrastructure?.message || `machine ${name}` };
  return { order: 2, words: `kubeadm ${isControlPlane(machine) && !initialised ? 'init' : 'join'} on ${name}` };
}
