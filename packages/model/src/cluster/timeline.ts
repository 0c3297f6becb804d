import type { WantedCondition } from '../meta/conditions.ts';
import type { ClusterStatus } from './cluster.ts';
import type { LayerStatus } from './conditions.ts';
import type { ClusterView } from './view.ts';

type Step = ClusterStatus['timeline'][number];

/** The last step of every timeline: finished once the cluster has been Ready. */
export const READY_STEP = 'Ready';

interface WantedStep {
  readonly step: string;
  /** Starts when these have finished. */
  readonly after: readonly string[];
  readonly done: boolean;
  readonly waitingFor: string;
}

/**
 * The creation or the last change, step by step. A step whose turn has not come is left out, even when there is nothing to do in it yet (a cluster
 * whose pools are not known has all its workers); one that was finished and no longer holds (an upgrade, a scale-up, a failed layer) starts anew.
 */
export function clusterTimeline(view: ClusterView, conditions: readonly WantedCondition[], layers: readonly LayerStatus[]): Step[] {
  const before = view.cluster.status?.timeline ?? [];
  const finished = new Set<string>();
  const steps: Step[] = [];
  for (const wanted of wantedSteps(view, conditions, layers)) {
    const old = before.find((step) => step.step === wanted.step);
    if (!old && !wanted.after.every((name) => finished.has(name))) continue;
    const step = next(wanted, old, view);
    if (step.finishedAt !== undefined) finished.add(step.step);
    steps.push(step);
  }
  return steps;
}

function next(wanted: WantedStep, old: Step | undefined, view: ClusterView): Step {
  const first = wanted.after.length === 0 ? view.cluster.metadata.creationTimestamp : view.now;
  const open = old && old.finishedAt === undefined ? old.startedAt : undefined;
  if (!wanted.done) return { step: wanted.step, startedAt: open ?? (old ? view.now : first), waitingFor: wanted.waitingFor };
  if (old?.finishedAt !== undefined) return old;
  return { step: wanted.step, startedAt: open ?? first, finishedAt: view.now, waitingFor: '' };
}

function wantedSteps(view: ClusterView, conditions: readonly WantedCondition[], layers: readonly LayerStatus[]): WantedStep[] {
  const step = (name: string, type: string, after: readonly string[]): WantedStep => {
    const condition = conditions.find((candidate) => candidate.type === type);
    // Not knowing is not undoing: while the gateway is away, what was finished stays finished.
    const was = view.cluster.status?.timeline.find((candidate) => candidate.step === name)?.finishedAt !== undefined;
    const done = condition?.status === 'True' || (condition?.status === 'Unknown' && was);
    return { step: name, after, done, waitingFor: done ? '' : view.provision?.waitingFor || condition?.message || '' };
  };
  const agent = step('Agent', 'AgentConnected', ['Control plane']);
  const condition = (type: string) => conditions.find((candidate) => candidate.type === type)?.message ?? '';
  const installed = layers.map((layer): WantedStep => ({
    step: `Layer ${layer.name}`,
    after: ['Agent'],
    done: layer.state === 'Ready',
    waitingFor: layer.state === 'Ready' ? '' : firstLine(layer.message || layer.state),
  }));
  return [
    step('Infrastructure', 'InfrastructureReady', []),
    step('Control plane', 'ControlPlaneReady', ['Infrastructure']),
    step('Workers', 'WorkersReady', ['Control plane']),
    { ...agent, waitingFor: agent.done ? '' : condition('AgentConnected') },
    ...installed,
    { ...step(READY_STEP, 'Ready', ['Agent']), waitingFor: firstLine(condition('Ready')) },
  ];
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
