import type { ConnectionState } from '@slipway/link';
import {
  CONTROL_PLANE_POOL,
  type ApiObject,
  type ClusterFacts,
  type ClusterSpec,
  type ClusterStatus,
  type ClusterView,
  type LayerFact,
  type MachineFact,
  poolName,
  type ProvisionFacts,
  type ResolvedLayer,
  type ResolveResult,
  wantedMachines,
} from '@slipway/model';
import { type DemoPool, machineFacts } from './machine-facts.ts';
import type { Situation } from './situation.ts';

export interface DemoView {
  readonly cluster: ApiObject<ClusterSpec, ClusterStatus>;
  readonly pools: readonly DemoPool[];
  readonly resolved: ResolveResult;
  readonly situation: Situation;
  readonly gateway: ConnectionState;
  /** RFC 3339. */
  readonly now: string;
}

const AGENT = '0.1.0';

/** From when on something is there while a cluster is being made, of 1. */
const STAGES = { infrastructure: 0.12, controlPlane: 0.35, workers: 0.55, agent: 0.65 };

/** What a hub would know of such a cluster: made-up reports in the form of the real ones, so that the same rules judge them. */
export function demoView(view: DemoView): ClusterView {
  const { situation, now } = view;
  const made = situation.is === 'making' ? situation.done : situation.is === 'not-made' ? 0 : 1;
  const hasAgent = made >= STAGES.agent;
  const machines = made >= STAGES.controlPlane ? machinesOf(view) : [];
  const away = situation.is === 'agent-away' ? { connected: false, lastSeen: situation.since } : { connected: hasAgent };
  return {
    cluster: view.cluster,
    pools: view.pools,
    resolved: view.resolved,
    gateway: { exists: true, connection: view.gateway },
    provision: provisionOf(view, made, machines),
    facts: hasAgent ? factsOf(view, made, machines) : undefined,
    agent: { ...away, agentVersion: AGENT },
    plan: { revision: 1, hash: '' },
    planProblem: undefined,
    pending: situation.is === 'asking' ? situation.pending : undefined,
    layerProblems: new Map(),
    now,
  };
}

const kubernetesOf = ({ resolved, situation }: DemoView): string =>
  situation.is === 'asking' ? situation.pending.kubernetesVersion : resolved.ok ? resolved.profile.kubernetesVersion : '';

function machinesOf(view: DemoView): MachineFact[] {
  const { situation } = view;
  const wanted = kubernetesOf(view);
  const moved = situation.is === 'updating' ? Math.floor(situation.done * wantedMachines(view)) : 0;
  return machineFacts({ ...view, version: (index) => (situation.is === 'updating' && index >= moved ? situation.from : wanted) });
}

function provisionOf(view: DemoView, made: number, all: readonly MachineFact[]): ProvisionFacts | undefined {
  const { cluster, situation, pools } = view;
  const failed = situation.is === 'not-made';
  if (!failed && made === 0) return undefined;
  const hasMachines = made >= STAGES.controlPlane;
  const machines = all.filter(({ pool }) => pool === CONTROL_PLANE_POOL || made >= STAGES.workers);
  const counted = (pool: string) => {
    const own = machines.filter((machine) => machine.pool === pool);
    const version = own.at(-1)?.version;
    return { replicas: own.length, readyReplicas: own.length, upToDateReplicas: own.length, ...(version === undefined ? {} : { version }) };
  };
  return {
    kind: 'ProvisionFacts',
    clusterUid: cluster.metadata.uid,
    phase: failed ? 'Failed' : made >= STAGES.infrastructure ? 'Provisioned' : 'Provisioning',
    conditions: [],
    ...(made >= STAGES.infrastructure ? { endpoint: `https://10.8.0.10:6443` } : {}),
    ...(hasMachines ? { controlPlane: counted(CONTROL_PLANE_POOL) } : {}),
    pools: made >= STAGES.workers ? pools.map((pool) => ({ name: poolName(pool), ...counted(poolName(pool)) })) : [],
    machines,
    agentInstalled: made >= STAGES.workers,
    waitingFor: failed ? situation.message : waitingFor(made),
  };
}

function waitingFor(made: number): string {
  if (made >= 1) return '';
  if (made >= STAGES.workers) return 'the agent to connect';
  if (made >= STAGES.controlPlane) return 'worker machines to join';
  return made >= STAGES.infrastructure ? 'kubeadm init on the first control-plane machine' : 'the network of the cluster';
}

function factsOf(view: DemoView, made: number, machines: readonly MachineFact[]): ClusterFacts {
  const { cluster, situation, resolved } = view;
  const layers = resolved.ok ? resolved.profile.layers : [];
  const ready = made >= 1 ? layers.length : Math.floor(((made - STAGES.agent) / (1 - STAGES.agent)) * layers.length);
  const sick = situation.is === 'node-down' ? situation.node : -1;
  return {
    kind: 'ClusterFacts',
    clusterUid: cluster.metadata.uid,
    agentVersion: AGENT,
    planRevision: 1,
    planHash: '',
    layers: layers.map((layer, index) => layerFact(layer, index < ready, view)),
    drift: situation.is === 'drifted' ? [...situation.drift] : [],
    health: { healthy: true, conditions: [] },
    nodes: machines.map(({ name, version = '', addresses, role }, index) => ({
      name,
      ready: index !== sick % machines.length || sick < 0,
      reason: index === sick % machines.length ? 'NodeStatusUnknown' : 'KubeletReady',
      kubeletVersion: version,
      roles: [role],
      addresses,
    })),
    kubernetesVersion: kubernetesOf(view),
    tombstonesDone: [],
  };
}

function layerFact({ name, content }: ResolvedLayer, isReady: boolean, { situation, now, cluster }: DemoView): LayerFact {
  const version = content.type === 'manifests' ? undefined : content.version;
  const failed = situation.is === 'layer-failed' && situation.layer === name;
  const since = cluster.status?.layers.find((layer) => layer.name === name && layer.state === (failed ? 'Failed' : 'Ready'))?.since ?? now;
  return {
    name,
    state: failed ? 'Failed' : isReady ? 'Ready' : 'Installing',
    ...(version === undefined || !isReady ? {} : { version }),
    reason: failed ? 'InstallFailed' : isReady ? 'Installed' : 'Installing',
    message: failed ? situation.message : '',
    since,
    objects: [],
  };
}
