import type { ClusterPhase } from '@slipway/model';
import type { Cluster } from '../../hub/objects.ts';
import { attention } from './attention.ts';
import { PHASE_ORDER, phaseOf } from './cluster-status.tsx';

export interface ClusterFilter {
  readonly q?: string | undefined;
  readonly status?: string | undefined;
  /** `store`, or one version of it: `store@1.2.0`. */
  readonly profile?: string | undefined;
  readonly kubernetes?: string | undefined;
  /** `region=eu-west` */
  readonly label?: string | undefined;
  /** Why they need somebody: `NodesNotReady`, or `any`. */
  readonly needs?: string | undefined;
  readonly sort?: string | undefined;
}

/** What narrows the list; the order does not. */
export const FILTERS = ['q', 'status', 'profile', 'kubernetes', 'label', 'needs'] as const satisfies readonly (keyof ClusterFilter)[];

export const profileText = ({ spec: { profile } }: Cluster): string => `${profile.name}@${profile.version}`;
export const kubernetesOf = ({ status }: Cluster): string => status?.kubernetesVersion ?? 'not known yet';
export const openDrift = ({ status }: Cluster): number => (status?.drift ?? []).filter(({ state }) => state === 'Open').length;

const COLUMNS: Readonly<Record<string, (cluster: Cluster) => string | number>> = {
  name: ({ metadata }) => metadata.name,
  project: ({ metadata }) => metadata.namespace ?? '',
  status: (cluster) => PHASE_ORDER.indexOf(phaseOf(cluster)),
  profile: profileText,
  kubernetes: ({ status }) => status?.kubernetesVersion ?? '',
  nodes: ({ status }) => status?.nodes.total ?? 0,
  // The most first: who sorts by it looks for those that differ.
  drift: (cluster) => -openDrift(cluster),
  age: ({ metadata }) => -Date.parse(metadata.creationTimestamp),
};

function matchesText(cluster: Cluster, words: readonly string[]): boolean {
  const { name, namespace = '', labels = {} } = cluster.metadata;
  const text = [
    name,
    namespace,
    profileText(cluster),
    cluster.status?.kubernetesVersion ?? '',
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  ];
  return words.every((word) => text.some((part) => part.toLowerCase().includes(word)));
}

type Test = (cluster: Cluster) => boolean;

function testsOf({ q = '', status, profile, kubernetes, label, needs }: ClusterFilter): Test[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const [key = '', ...rest] = (label ?? '').split('=');
  const exact = profile?.includes('@') ?? false;
  const all: (Test | undefined)[] = [
    status === undefined ? undefined : (cluster) => phaseOf(cluster) === status,
    profile === undefined ? undefined : (cluster) => (exact ? profileText(cluster) : cluster.spec.profile.name) === profile,
    kubernetes === undefined ? undefined : (cluster) => kubernetesOf(cluster) === kubernetes,
    label === undefined ? undefined : ({ metadata }) => metadata.labels?.[key] === rest.join('='),
    needs === undefined
      ? undefined
      : (cluster) => (needs === 'any' ? attention(cluster) !== undefined : attention(cluster)?.reason === needs),
    words.length === 0 ? undefined : (cluster) => matchesText(cluster, words),
  ];
  return all.filter((test) => test !== undefined);
}

/** The clusters that a filter lets through, sorted. */
export function filteredClusters(clusters: readonly Cluster[], filter: ClusterFilter): Cluster[] {
  const { sort = 'status' } = filter;
  const tests = testsOf(filter);
  const kept = clusters.filter((cluster) => tests.every((test) => test(cluster)));
  const down = sort.startsWith('-');
  const valueOf = COLUMNS[down ? sort.slice(1) : sort] ?? (({ metadata }: Cluster) => metadata.name);
  const keyed = kept.map((cluster) => ({ cluster, value: valueOf(cluster) }));
  const byName = (a: Cluster, b: Cluster): number =>
    compare(a.metadata.name, b.metadata.name) || compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '');
  keyed.sort((a, b) => (down ? -1 : 1) * compare(a.value, b.value) || byName(a.cluster, b.cluster));
  return keyed.map(({ cluster }) => cluster);
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** How many there are in each state, what needs somebody first. */
export function phaseCounts(clusters: readonly Cluster[]): readonly (readonly [ClusterPhase, number])[] {
  const counts = new Map<ClusterPhase, number>();
  for (const cluster of clusters) counts.set(phaseOf(cluster), (counts.get(phaseOf(cluster)) ?? 0) + 1);
  return PHASE_ORDER.flatMap((phase) => (counts.has(phase) ? [[phase, counts.get(phase) ?? 0] as const] : []));
}

/** How many there are of each text, the most first. */
export function spread(clusters: readonly Cluster[], textOf: (cluster: Cluster) => string): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const cluster of clusters) counts.set(textOf(cluster), (counts.get(textOf(cluster)) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || compare(a[0], b[0]));
}

/** Values of one label that are offered; one with more is for the text filter. */
const MOST_VALUES = 24;

/** Labels that tell clusters apart, with their values and how many have each. */
export function labelChoices(
  clusters: readonly Cluster[],
): readonly (readonly [key: string, values: readonly (readonly [string, number])[]])[] {
  const keys = new Map<string, Map<string, number>>();
  for (const { metadata } of clusters)
    for (const [key, value] of Object.entries(metadata.labels ?? {})) {
      const values = keys.get(key) ?? new Map<string, number>();
      values.set(value, (values.get(value) ?? 0) + 1);
      keys.set(key, values);
    }
  return [...keys]
    .filter(([, values]) => values.size <= MOST_VALUES)
    .map(([key, values]) => [key, [...values].toSorted((a, b) => compare(a[0], b[0]))] as const)
    .toSorted((a, b) => compare(a[0], b[0]));
}
