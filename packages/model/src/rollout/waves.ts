import { sha256Hex } from '@slipway/kit';
import { labelsMatch, parseLabelSelector, type Requirement } from '../meta/selectors.ts';
import type { RolloutWave } from './rollout.ts';

/** As much of a cluster as the division into waves looks at. */
export interface WaveMember {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>> | undefined };
}

/**
 * The wave of each cluster, as an index into `waves`, in the order of `clusters`. A cluster whose labels a wave asks for is in the first such wave. The others fill the waves with
 * a share or a count in an order made of the hash of rollout and cluster: the same for the same clusters, and no cluster is a canary of every rollout. What no wave has room for
 * is in the last one. A cluster that joins later is put where its hash says; whoever has been moved stays counted in its wave by `moved`.
 */
export function divide(input: {
  readonly uid: string;
  readonly waves: readonly RolloutWave[];
  readonly clusters: readonly WaveMember[];
  /** Wave names of the clusters that were moved already, by cluster uid. */
  readonly moved?: ReadonlyMap<string, string>;
}): number[] {
  const { waves, clusters, moved } = input;
  const selectors = waves.map((wave) => (wave.labels === undefined ? undefined : parseLabelSelector(wave.labels)));
  const result = clusters.map((cluster) => fixedWave(cluster, waves, { selectors, moved }));
  const free = clusters
    .map((cluster, index) => ({ index, order: sha256Hex(`${input.uid}/${cluster.metadata.uid}`) }))
    .filter(({ index }) => result[index] === undefined)
    .toSorted((a, b) => (a.order < b.order ? -1 : 1));
  const room = waves.map((_, wave) => result.filter((of) => of === wave).length);
  let next = 0;
  let through = 0;
  waves.forEach((wave, index) => {
    through += room[index] ?? 0;
    const takes = roomOf(wave, { total: clusters.length, through, own: room[index] ?? 0 });
    for (let taken = 0; taken < takes && next < free.length; taken++, next++, through++) result[free[next]?.index ?? 0] = index;
  });
  return result.map((wave) => wave ?? waves.length - 1);
}

function fixedWave(
  { metadata }: WaveMember,
  waves: readonly RolloutWave[],
  by: { selectors: readonly (readonly Requirement[] | undefined)[]; moved: ReadonlyMap<string, string> | undefined },
): number | undefined {
  const before = by.moved?.get(metadata.uid);
  const stays = before === undefined ? -1 : waves.findIndex((wave) => wave.name === before);
  if (stays >= 0) return stays;
  const asked = by.selectors.findIndex((selector) => selector !== undefined && labelsMatch(selector, metadata.labels));
  return asked >= 0 ? asked : undefined;
}

/** How many more clusters a wave takes besides those that are in it by their labels. */
function roomOf(wave: RolloutWave, { total, through, own }: { total: number; through: number; own: number }): number {
  if (wave.percent !== undefined) return Math.max(0, Math.ceil((total * wave.percent) / 100) - through);
  if (wave.count !== undefined) return Math.max(0, wave.count - own);
  return 0;
}
