import type { ClusterStatus } from './cluster.ts';

type Step = ClusterStatus['timeline'][number];

/**
 * How long the steps of a cluster's creation take where nothing is known better, in seconds: measured with local machines on two cores (docs/figures.md); clouds take longer, and as soon as
 * the hub knows of clusters that were made, their times count.
 */
const DOCUMENTED: Readonly<Record<string, number>> = { Infrastructure: 30, 'Control plane': 90, Workers: 60, Agent: 45, Ready: 240 };
const DOCUMENTED_LAYER = 60;
/** Fewer clusters say too little. */
const ENOUGH = 3;
/** A step that takes so many times longer than usual is looked at. */
const LONG = 2;

export interface UsualTime {
  readonly seconds: number;
  /** `0`: a documented figure. */
  readonly clusters: number;
}

/** How long a step usually takes: the median over clusters where it has finished, else the documented figure. */
export function usualTime(step: string, timelines: readonly (readonly Step[])[]): UsualTime {
  const known = timelines
    .flatMap((timeline) => timeline.filter((one) => one.step === step && one.finishedAt !== undefined))
    .map(({ startedAt, finishedAt }) => (Date.parse(finishedAt ?? '') - Date.parse(startedAt)) / 1000)
    .toSorted((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)];
  if (known.length >= ENOUGH && middle !== undefined) return { seconds: Math.max(1, Math.round(middle)), clusters: known.length };
  return { seconds: DOCUMENTED[step] ?? DOCUMENTED_LAYER, clusters: 0 };
}

export interface TimelineStep extends Step {
  readonly elapsed: number;
  readonly usual: UsualTime;
  /** Set when it takes longer than twice the usual time: what that is likely about. */
  readonly likely: readonly string[] | undefined;
}

/** A timeline with what is usual. Milliseconds since the epoch. */
export const timelineSteps = (timeline: readonly Step[], others: readonly (readonly Step[])[], now: number): TimelineStep[] =>
  timeline.map((one) => {
    const usual = usualTime(one.step, others);
    const elapsed = Math.max(
      0,
      Math.round(((one.finishedAt === undefined ? now : Date.parse(one.finishedAt)) - Date.parse(one.startedAt)) / 1000),
    );
    const long = one.finishedAt === undefined && elapsed > LONG * usual.seconds;
    return { ...one, elapsed, usual, likely: long ? likelyCauses(one.step) : undefined };
  });

const CAUSES: Readonly<Record<string, readonly string[]>> = {
  Infrastructure: [
    'The gateway is not connected, or does not have the cloud account’s rights.',
    'The cloud has no capacity or quota left for the machines that are asked for.',
  ],
  'Control plane': [
    'The machine cannot reach the endpoint of the API server, or not its images.',
    'The machine is too small for etcd and the API server: look at its own log.',
  ],
  Workers: [
    'Machines cannot join: their network does not reach the control plane.',
    'The cloud has no capacity or quota left for the pool.',
  ],
  Agent: [
    'The cluster cannot reach the hub’s address: look for a firewall or a proxy between them.',
    'The agent’s pod does not start: no node is ready, or its image cannot be had.',
  ],
  Ready: ['One of the steps above is not through: what it waits for is said there.'],
};
const LAYER_CAUSES = [
  'A pod of the layer does not start: no room on the nodes, or an image that cannot be had.',
  'A volume is not provided, or a readiness gate of the layer does not hold yet.',
];
const likelyCauses = (step: string): readonly string[] => CAUSES[step] ?? LAYER_CAUSES;

/** `1m 20s` */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
}
