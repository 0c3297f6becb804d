import type { Decisions, LayerOverride } from '../cluster/layer-override.ts';
import type { OverrideMerge, Overrides } from './merge-stack.ts';
import { movedOverride } from './standing.ts';

/** What was decided, by layer and path. */
export type LayerDecisions = Readonly<Record<string, Decisions>>;

/** What is carried over of one pool, as {@link movedOverrides} takes it. */
export const mergesOfPool = (merges: readonly OverrideMerge[], name: string): OverrideMerge[] =>
  merges.filter(({ pool }) => pool === name).map(({ pool: _pool, ...merge }) => merge);

/**
 * The overrides as they are written with a move: each says for which version it was made, and what was decided. Overrides that are not carried over stay as they are. Of the
 * cluster, when `merges` are a plan's; for its pools see {@link mergesOfPool}.
 */
export function movedOverrides(
  overrides: Overrides,
  merges: readonly OverrideMerge[],
  decisions: LayerDecisions = {},
): Record<string, LayerOverride> {
  const byLayer = new Map(merges.filter(({ pool }) => pool === undefined).map((merge) => [merge.layer, merge]));
  return Object.fromEntries(
    Object.entries(overrides).map(([layer, override]) => {
      const merge = byLayer.get(layer);
      if (merge === undefined) return [layer, override];
      const decided = merge.gone ? {} : (decisions[layer] ?? {});
      return [layer, movedOverride(override, { from: merge.from, at: merge.at, to: merge.to, decisions: decided })];
    }),
  );
}
