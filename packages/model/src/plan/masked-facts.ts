import type { ResolveResult } from '../cluster-profile/resolved.ts';
import { maskValue } from '../meta/mask.ts';
import type { ClusterFacts } from './facts.ts';

/**
 * Facts with the cluster's secrets masked wherever an agent repeats what it was told: in helm's words about a layer, and in the values of what drifted. Status and events
 * are made of these.
 */
export function maskedFacts<Told extends ClusterFacts | undefined>(facts: Told, resolved: ResolveResult): Told {
  const secretValues = resolved.ok ? resolved.profile.secretValues : [];
  if (facts === undefined || secretValues.length === 0) return facts;
  return masked(facts, secretValues) as Told;
}

function masked(facts: ClusterFacts, secretValues: readonly string[]): ClusterFacts {
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
