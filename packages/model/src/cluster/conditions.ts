import type { ResolvedLayer } from '../cluster-profile/resolved.ts';
import { poolName } from '../machine-pool/pool-name.ts';
import { compact } from '../meta/compact.ts';
import type { WantedCondition } from '../meta/conditions.ts';
import type { LayerFact, ProvisionFacts } from '../plan/facts.ts';
import { isReachable, type ClusterView } from './view.ts';

const yes = (type: string, reason: string, message = ''): WantedCondition => ({ type, status: 'True', reason, message });
const no = (type: string, reason: string, message: string): WantedCondition => ({ type, status: 'False', reason, message });
const unknown = (type: string, reason: string, message: string): WantedCondition => ({ type, status: 'Unknown', reason, message });

export type LayerStatus = Omit<LayerFact, 'objects' | 'gates'>;

/** The conditions of a cluster, all positive, in the order things come to be; `Ready` sums them up. */
export function clusterConditions(view: ClusterView, layers: readonly LayerStatus[]): WantedCondition[] {
  const parts = [
    planReady(view),
    approved(view),
    infrastructureReady(view),
    controlPlaneReady(view),
    workersReady(view),
    agentConnected(view),
    layersReady(view, layers),
    healthy(view),
  ];
  return [...parts, ready(parts)];
}

function ready(parts: readonly WantedCondition[]): WantedCondition {
  const bad = parts.find((part) => part.status === 'False') ?? parts.find((part) => part.status === 'Unknown');
  return bad ? { ...bad, type: 'Ready' } : yes('Ready', 'Ready', 'The cluster is as its profile says.');
}

function planReady(view: ClusterView): WantedCondition {
  if (!view.resolved.ok) return no('PlanReady', 'ProfileInvalid', view.resolved.message);
  if (view.planProblem) return no('PlanReady', view.planProblem.reason, view.planProblem.message);
  const refused = view.facts?.planRefused;
  if (refused) return no('PlanReady', refused.reason, `The agent refused the newest plan: ${refused.message}`);
  return view.plan
    ? yes('PlanReady', 'Published', `Revision ${view.plan.revision} is published.`)
    : no('PlanReady', 'Preparing', 'The plan is being prepared.');
}

function approved({ pending, cluster }: ClusterView): WantedCondition {
  if (!pending) return yes('Approved', 'Approved', 'Nothing waits for an approval.');
  const { name, namespace = '' } = cluster.metadata;
  return no(
    'Approved',
    'ApprovalNeeded',
    `The change waits for an approval of ${pending.disruptions.join('; ')}. Give it with: slipway approve cluster ${name} -p ${namespace} (adds "${pending.id}" to spec.approvals), or take the change back.`,
  );
}

/** The version that machines should have now. */
const wantedVersion = ({ pending, resolved }: ClusterView): string | undefined =>
  pending?.kubernetesVersion ?? (resolved.ok ? resolved.profile.kubernetesVersion : undefined);

/** Why what the gateway says cannot be trusted now; undefined when it can. */
function gatewayTrouble(view: ClusterView, type: string): WantedCondition | undefined {
  const { gateway, cluster } = view;
  const name = cluster.spec.gateway;
  if (!gateway.exists) return unknown(type, 'GatewayMissing', `The gateway "${name}" does not exist; create it or restore it.`);
  if (isReachable(gateway.connection, view.now)) return undefined;
  const since = gateway.connection.lastSeen ? `since ${gateway.connection.lastSeen}` : 'yet';
  return unknown(
    type,
    'GatewayUnreachable',
    `The gateway "${name}" is not connected (${since}): the cluster runs on, but its machines cannot be seen or changed.`,
  );
}

function infrastructureReady(view: ClusterView): WantedCondition {
  const type = 'InfrastructureReady';
  const { provision, gateway } = view;
  if (gateway.problem) return no(type, gateway.problem.reason, gateway.problem.message);
  const trouble = gatewayTrouble(view, type);
  if (trouble) return trouble;
  if (!provision) return no(type, 'WaitingForGateway', `Waiting for the gateway "${view.cluster.spec.gateway}" to take up the cluster.`);
  if (provision.phase === 'Failed')
    return no(type, 'ProvisioningFailed', provision.waitingFor || 'The gateway could not make the infrastructure.');
  if (provision.phase === 'Pending') return no(type, 'Provisioning', provision.waitingFor || 'The gateway has not started yet.');
  if (provision.phase === 'Deleting' || provision.phase === 'Deleted') return no(type, 'Deleting', provision.waitingFor);
  const reported = provision.conditions.find((condition) => condition.type === type);
  if (reported && reported.status !== 'True') return no(type, reported.reason || 'Provisioning', reported.message || provision.waitingFor);
  const made = reported?.status === 'True' || provision.phase === 'Provisioned' || provision.endpoint !== undefined;
  return made ? yes(type, 'Provisioned') : no(type, 'Provisioning', provision.waitingFor || 'The infrastructure is being made.');
}

const GATEWAY_BEHIND = 'The gateway has not taken up the newest change yet.';

const machinesAt = (view: ClusterView, role: string, version: string): number =>
  view.provision?.machines.filter((machine) => machine.role === role && machine.version === version && machine.phase === 'Running')
    .length ?? 0;

function controlPlaneReady(view: ClusterView): WantedCondition {
  const type = 'ControlPlaneReady';
  const trouble = gatewayTrouble(view, type);
  if (trouble) return trouble;
  const wanted = view.cluster.spec.controlPlane.replicas;
  const seen = view.provision?.controlPlane;
  const waiting = view.provision?.waitingFor ?? '';
  if (!seen) return no(type, 'Provisioning', waiting || 'No control-plane machine is there yet.');
  const version = wantedVersion(view) ?? seen.version;
  if (version !== undefined && seen.version !== undefined && seen.version !== version) {
    return no(
      type,
      'Upgrading',
      `Kubernetes ${seen.version} → ${version}: ${machinesAt(view, 'control-plane', version)} of ${wanted} control-plane machines are done. ${waiting}`.trim(),
    );
  }
  if (view.gateway.behind) return no(type, 'GatewayBehind', GATEWAY_BEHIND);
  if (seen.upToDateReplicas < wanted)
    return no(
      type,
      seen.replicas < wanted ? 'ScalingUp' : 'RollingOut',
      `${seen.upToDateReplicas} of ${wanted} control-plane machines are as wanted. ${waiting}`.trim(),
    );
  if (seen.replicas > wanted)
    return no(type, 'ScalingDown', `${seen.replicas - wanted} control-plane machines are being removed. ${waiting}`.trim());
  if (seen.readyReplicas < wanted)
    return no(type, 'NotReady', `${seen.readyReplicas} of ${wanted} control-plane machines are ready. ${waiting}`.trim());
  return yes(type, 'Ready', `${wanted} of ${wanted} control-plane machines are ready.`);
}

function workersReady(view: ClusterView): WantedCondition {
  const type = 'WorkersReady';
  const trouble = gatewayTrouble(view, type);
  if (trouble) return trouble;
  const waits = view.pools.map((pool) => poolWait(view, pool)).filter((words) => words !== undefined);
  if (waits.length > 0) return no(type, 'WaitingForMachines', `${waits.join('; ')}. ${view.provision?.waitingFor ?? ''}`.trim());
  return view.gateway.behind ? no(type, 'GatewayBehind', GATEWAY_BEHIND) : yes(type, 'Ready');
}

/** What a pool waits for, undefined when it is as wanted. */
function poolWait(view: ClusterView, pool: ClusterView['pools'][number]): string | undefined {
  const { provision } = view;
  const version = wantedVersion(view);
  const name = poolName(pool);
  const wanted = pool.metadata.deletionTimestamp ? 0 : pool.spec.replicas;
  const none: ProvisionFacts['pools'][number] = { name, replicas: 0, readyReplicas: 0, upToDateReplicas: 0 };
  const seen = provision?.pools.find((candidate) => candidate.name === name) ?? none;
  if (version !== undefined && seen.version !== undefined && seen.version !== version)
    return `pool ${name}: Kubernetes ${seen.version} → ${version}`;
  if (seen.replicas > wanted) return `pool ${name}: ${seen.replicas - wanted} machines are being removed`;
  if (seen.upToDateReplicas < wanted) return `pool ${name}: ${seen.upToDateReplicas} of ${wanted} machines are as wanted`;
  if (seen.readyReplicas < wanted) return `pool ${name}: ${seen.readyReplicas} of ${wanted} machines are ready`;
  return undefined;
}

function agentConnected(view: ClusterView): WantedCondition {
  const type = 'AgentConnected';
  if (isReachable(view.agent, view.now)) return yes(type, 'Connected');
  if (view.agent.lastSeen !== undefined) {
    return unknown(
      type,
      'AgentUnreachable',
      `The cluster's agent has not been heard of since ${view.agent.lastSeen}: what it was told last stays in force there.`,
    );
  }
  const installed = view.provision?.agentInstalled ?? false;
  return installed
    ? no(type, 'WaitingForAgent', 'The agent is installed and has not connected yet.')
    : no(type, 'NotInstalled', 'The agent is installed when the API server answers.');
}

function layersReady(view: ClusterView, layers: readonly LayerStatus[]): WantedCondition {
  const type = 'LayersReady';
  if (!isReachable(view.agent, view.now)) {
    const message = 'The state of the layers is known when the agent connects.';
    return view.agent.lastSeen === undefined ? no(type, 'WaitingForAgent', message) : unknown(type, 'AgentUnreachable', message);
  }
  if (view.plan && (view.facts?.planRevision ?? 0) < view.plan.revision) {
    return no(
      type,
      'PlanNotApplied',
      `The agent has revision ${view.facts?.planRevision ?? 0}; revision ${view.plan.revision} is on its way.`,
    );
  }
  const failed = layers.filter((layer) => layer.state === 'Failed');
  if (failed.length > 0)
    return no(type, 'LayerFailed', failed.map((layer) => `Layer ${layer.name}: ${layer.message || layer.reason}`).join('\n'));
  const open = layers.filter((layer) => layer.state !== 'Ready');
  if (open.length === 0) return yes(type, 'Ready', `${layers.length} of ${layers.length} layers are ready.`);
  const degraded = open.find((layer) => layer.state === 'Degraded');
  return no(
    type,
    degraded ? 'LayerDegraded' : 'Installing',
    open.map((layer) => `Layer ${layer.name}: ${layer.message || layer.state}`).join('\n'),
  );
}

function healthy(view: ClusterView): WantedCondition {
  const type = 'Healthy';
  if (!isReachable(view.agent, view.now) || !view.facts) {
    const never = view.agent.lastSeen === undefined;
    return never
      ? no(type, 'WaitingForAgent', 'Health is known when the agent connects.')
      : unknown(type, 'AgentUnreachable', 'The agent is away, so health is not known.');
  }
  const sick = view.facts.nodes.filter((node) => !node.ready);
  if (sick.length > 0) return no(type, 'NodesNotReady', sick.map((node) => `Node ${node.name} is not ready: ${node.reason}`).join('; '));
  if (view.facts.health.healthy) return yes(type, 'Healthy');
  const bad = view.facts.health.conditions.filter((condition) => condition.status !== 'True');
  return no(
    type,
    bad[0]?.reason ?? 'Unhealthy',
    bad.map((condition) => condition.message || condition.type).join('; ') || 'The agent reports the cluster unhealthy.',
  );
}

/** One line per layer of the profile: what the agent says, what could not be prepared, or that it waits. */
export function layerStatuses(view: ClusterView): LayerStatus[] {
  const resolved = view.resolved.ok ? view.resolved.profile.layers : [];
  const facts = view.facts?.layers ?? [];
  const known = resolved.map((layer) => layerStatus(layer, view));
  // A layer that is being removed is still worth showing until it is gone.
  const leaving = facts.filter(
    (fact) => !resolved.some((layer) => layer.name === fact.name) && (fact.state === 'Removing' || !view.resolved.ok),
  );
  return [...known, ...leaving.map(withoutObjects)];
}

function layerStatus(layer: ResolvedLayer, view: ClusterView): LayerStatus {
  const fact = view.facts?.layers.find((candidate) => candidate.name === layer.name);
  const problem = view.layerProblems.get(layer.name);
  const before = view.cluster.status?.layers.find((candidate) => candidate.name === layer.name);
  const since = (state: LayerStatus['state']) => (before?.state === state ? before.since : view.now);
  if (problem) return { name: layer.name, ...problem, since: since(problem.state) };
  if (fact) return judgesGates(layer, fact) ? withoutObjects(fact) : needsNewerAgent(layer, view, since('Waiting'));
  const there = layer.content.type === 'builtin' && view.facts?.nodes.some((node) => node.ready);
  if (there) {
    const version = layer.content.type === 'builtin' ? layer.content.version : '';
    return { name: layer.name, state: 'Ready', version, reason: 'Builtin', message: '', since: since('Ready') };
  }
  return { name: layer.name, state: 'Waiting', reason: 'WaitingForAgent', message: 'Waits for the cluster.', since: since('Waiting') };
}

/** An agent that is older than readiness gates passes over them: its word that the layer is Ready says too little. */
const judgesGates = (layer: ResolvedLayer, fact: LayerFact): boolean =>
  fact.state !== 'Ready' || (fact.gates ?? 0) >= (layer.readiness ?? []).length;

function needsNewerAgent(layer: ResolvedLayer, view: ClusterView, since: string): LayerStatus {
  const version = view.agent.agentVersion ?? view.facts?.agentVersion ?? 'unknown';
  const message = `It is installed, but the cluster's agent (version ${version}) does not judge its readiness gates: it needs a newer agent.`;
  return { name: layer.name, state: 'Waiting', reason: 'NeedsNewerAgent', message, since };
}

function withoutObjects(fact: LayerFact): LayerStatus {
  const { name, state, version, reason, message, since } = fact;
  return compact({ name, state, version, reason, message, since });
}
