import { maskValue } from '../meta/mask.ts';
import type { ClusterFacts } from './facts.ts';

/**
 * Facts with the cluster's secrets masked wherever an agent repeats what it was told: in helm's words about a layer, and in the values of what drifted. Status and events
 * are made of these.
 */
export function maskedFacts(facts: ClusterFacts, secretValues: readonly string[]): ClusterFacts {
  if (secretValues.length === 0) return facts;
  const text = (message: string): string => maskValue(message, secretValues) as string;
  return {
    ...facts,
    layers: facts.layers.map((layer) => ({ ...layer, message: text(layer.message) })),
    drift: facts.drift.map((drift) => ({
      ...drift,
      diff: drift.diff.map(({ path, ...sides }) => ({ path, ...(maskValue(sides, secretValues) as typeof sides) })),
    })),
  };
}
