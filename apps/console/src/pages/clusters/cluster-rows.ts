import type { ClusterPhase } from '@slipway/model';
import type { Cluster } from '../../hub/objects.ts';
import { PHASE_ORDER, phaseOf } from './cluster-status.tsx';

export interface ClusterFilter {
  readonly q?: string | undefined;
  readonly status?: string | undefined;
  readonly profile?: string | undefined;
  readonly sort?: string | undefined;
}

export const profileText = ({ spec: { profile } }: Cluster): string => `${profile.name}@${profile.version}`;

const COLUMNS: Readonly<Record<string, (cluster: Cluster) => string | number>> = {
  name: ({ metadata }) => metadata.name,
  project: ({ metadata }) => metadata.namespace ?? '',
  status: (cluster) => PHASE_ORDER.indexOf(phaseOf(cluster)),
  profile: profileText,
  kubernetes: ({ status }) => status?.kubernetesVersion ?? '',
  nodes: ({ status }) => status?.nodes.total ?? 0,
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

/** The clusters that a filter lets through, sorted. */
export function filteredClusters(clusters: readonly Cluster[], { q = '', status, profile, sort = 'status' }: ClusterFilter): Cluster[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = clusters.filter(
    (cluster) =>
      (status === undefined || phaseOf(cluster) === status) &&
      (profile === undefined || profileText(cluster) === profile) &&
      (words.length === 0 || matchesText(cluster, words)),
  );
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
