import { compact } from '../meta/compact.ts';
import { withConditions, type WantedCondition } from '../meta/conditions.ts';
import type { ClusterPhase, ClusterStatus } from './cluster.ts';
import { clusterConditions, layerStatuses, type LayerStatus } from './conditions.ts';
import { leftBehind } from './kept.ts';
import { orphaned } from '../overrides/causes.ts';
import { clusterTimeline, READY_STEP } from './timeline.ts';
import { isReachable, wantedMachines, type ClusterView } from './view.ts';

/** What a cluster's status says, from all that is known about it. Pure: the same view gives the same status, so nothing is written when nothing changed. */
export function clusterStatus(view: ClusterView): ClusterStatus {
  const { cluster, facts, provision } = view;
  const old = cluster.status;
  const layers = layerStatuses(view);
  const wanted = clusterConditions(view, layers);
  const timeline = clusterTimeline(view, wanted, layers);
  const firstReadyAt = old?.firstReadyAt ?? timeline.find((step) => step.step === READY_STEP)?.finishedAt;
  const { phase, message } = judge(view, wanted, layers, firstReadyAt !== undefined);
  const told = toldByAgent(view);
  return compact({
    phase,
    phaseSince: old?.phase === phase ? (old.phaseSince ?? view.now) : view.now,
    message,
    conditions: withConditions(old?.conditions ?? [], [...wanted, ...leftBehind(told.kept), ...orphaned(view.orphans)], { now: view.now }),
    observedGeneration: observedGeneration(view),
    kubernetesVersion: facts?.kubernetesVersion || provision?.controlPlane?.version || old?.kubernetesVersion,
    endpoint: provision?.endpoint ?? old?.endpoint,
    firstReadyAt,
    profile: view.resolved.ok ? cluster.spec.profile : old?.profile,
    ...machineCounts(view),
    layers,
    ...told,
    agent: agentStatus(view),
    ...planOf(view),
    timeline,
  });
}

const toldByAgent = ({ facts }: ClusterView): Pick<ClusterStatus, 'drift' | 'kept'> => ({
  drift: facts?.drift ?? [],
  kept: facts?.kept ?? [],
});

const planOf = ({ plan, pending }: ClusterView): Pick<ClusterStatus, 'plan' | 'approval'> => ({
  plan: plan && { revision: plan.revision, hash: plan.hash },
  approval: pending && { id: pending.id, disruptions: [...pending.disruptions] },
});

/** Moves only when what the spec asks for has been handed over. */
const observedGeneration = ({ cluster, plan, planProblem, pending, resolved }: ClusterView): number =>
  plan && !planProblem && !pending && resolved.ok ? cluster.metadata.generation : (cluster.status?.observedGeneration ?? 0);

function machineCounts(view: ClusterView): Pick<ClusterStatus, 'controlPlane' | 'nodes'> {
  const nodes = view.facts?.nodes ?? [];
  const controlPlane = view.provision?.controlPlane;
  return {
    controlPlane: { replicas: controlPlane?.replicas ?? 0, ready: controlPlane?.readyReplicas ?? 0 },
    nodes: { total: Math.max(nodes.length, wantedMachines(view)), ready: nodes.filter((node) => node.ready).length },
  };
}

function agentStatus({ agent, facts, now }: ClusterView): ClusterStatus['agent'] {
  const connected = isReachable(agent, now);
  // Heartbeats must not write objects: the time is only told while the agent is away.
  const lastSeen = connected ? undefined : agent.lastSeen;
  return compact({ connected, lastSeen, version: agent.agentVersion, planRevision: facts?.planRevision ?? 0 });
}

interface Verdict {
  readonly phase: ClusterPhase;
  readonly message: string;
}

function judge(view: ClusterView, conditions: readonly WantedCondition[], layers: readonly LayerStatus[], wasReady: boolean): Verdict {
  const { cluster } = view;
  const ready = conditions.find((condition) => condition.type === 'Ready');
  const message = ready?.message ?? '';
  if (cluster.metadata.deletionTimestamp) return { phase: 'Deleting', message: view.deletionWaitsFor ?? 'The cluster is being deleted.' };
  if (cluster.spec.paused)
    return { phase: 'Paused', message: 'Paused: Slipway changes nothing here until spec.paused is false. Workloads are untouched.' };
  if (ready?.status === 'True') return { phase: 'Running', message };
  return wasReady ? { phase: phaseOfRunning(conditions, layers), message } : { phase: phaseOfNew(view, conditions, layers), message };
}

const HARD_FAILURES = new Set(['ProfileInvalid', 'ProvisioningFailed', 'RenderFailed']);

function phaseOfNew(view: ClusterView, conditions: readonly WantedCondition[], layers: readonly LayerStatus[]): ClusterPhase {
  if (conditions.some((condition) => condition.status === 'False' && HARD_FAILURES.has(condition.reason))) return 'Failed';
  if (layers.some((layer) => layer.state === 'Failed')) return 'Degraded';
  return view.provision ? 'Provisioning' : 'Pending';
}

const ON_ITS_WAY = new Set([
  'ApprovalNeeded',
  'Upgrading',
  'ScalingUp',
  'ScalingDown',
  'RollingOut',
  'WaitingForMachines',
  'PlanNotApplied',
  'Installing',
  'Preparing',
  'Provisioning',
]);

function phaseOfRunning(conditions: readonly WantedCondition[], layers: readonly LayerStatus[]): ClusterPhase {
  const bad = conditions.filter((condition) => condition.status === 'False' && condition.type !== 'Ready');
  if (layers.some((layer) => layer.state === 'Failed' || layer.state === 'Degraded')) return 'Degraded';
  if (bad.some((condition) => ON_ITS_WAY.has(condition.reason))) return 'Updating';
  if (bad.length > 0) return 'Degraded';
  return 'Unknown';
}
