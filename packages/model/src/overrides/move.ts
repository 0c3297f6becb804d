import type { Decisions, LayerOverride } from '../cluster/layer-override.ts';
import type { OverrideMerge, Overrides } from './merge-stack.ts';
import { movedOverride } from './standing.ts';

/** What was decided, by layer and path. */
export type LayerDecisions = Readonly<Record<string, Decisions>>;

/** The overrides as they are written with a move: each says for which version it was made, and what was decided. Overrides that are not carried over stay as they are. */
export function movedOverrides(
  overrides: Overrides,
  merges: readonly OverrideMerge[],
  decisions: LayerDecisions = {},
): Record<string, LayerOverride> {
  const byLayer = new Map(merges.map((merge) => [merge.layer, merge]));
  return Object.fromEntries(
    Object.entries(overrides).map(([layer, override]) => {
      const merge = byLayer.get(layer);
      if (merge === undefined) return [layer, override];
      const decided = merge.gone ? {} : (decisions[layer] ?? {});
      return [layer, movedOverride(override, { from: merge.from, at: merge.at, to: merge.to, decisions: decided })];
    }),
  );
}
