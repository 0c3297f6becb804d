import type { ValueStage } from '../cluster-profile/layer-values.ts';
import { referencesIn } from '../cluster-profile/macro-table.ts';
import { deepEqual, isRecord, joinPath } from '../meta/diff.ts';
import { type Values } from '../meta/merge-values.ts';
import { type PathStep, valueAt } from '../meta/value-path.ts';
import { referenceText } from '../template/syntax.ts';

/** Who has the last word about one value of a layer. */
export interface ValueOrigin {
  /** `ingress.hosts`; a list is one value, because helm replaces lists as a whole. */
  readonly path: string;
  /** The chart's own values.yaml, what the pack gives every layer, a preset of it, the profile, or an override of the cluster. */
  readonly from: 'chart' | ValueStage['from'];
  readonly preset?: string;
  /** What the text refers to: `.var.host`, `.macro.domain`. */
  readonly uses?: readonly string[];
}

/**
 * Where each value comes from, in the order of the values: the last of the stages that set it, or that took away what was there. What none of them set is the chart's.
 * `raw` are the values with references still in them.
 */
export function valueOrigins(raw: Values, stages: readonly ValueStage[]): ValueOrigin[] {
  return leavesOf(raw).map(({ steps, value }) => {
    const stage = stages.findLast((one, index) => speaksOf(one, stages[index - 1], steps));
    const uses = [...new Set(referencesIn(value).map(referenceText))];
    return {
      path: steps.reduce<string>((path, step) => joinPath(path, step), ''),
      from: stage?.from ?? 'chart',
      ...(stage?.preset === undefined ? {} : { preset: stage.preset }),
      ...(uses.length === 0 ? {} : { uses }),
    };
  });
}

function speaksOf(stage: ValueStage, before: ValueStage | undefined, steps: readonly PathStep[]): boolean {
  if (valueAt(stage.sets, steps) !== undefined) return true;
  return !deepEqual(valueAt(stage.values, steps), valueAt(before?.values ?? {}, steps));
}

interface Leaf {
  readonly steps: readonly PathStep[];
  readonly value: unknown;
}

/** What is no map with something in it. */
function leavesOf(value: unknown, steps: readonly PathStep[] = []): Leaf[] {
  if (!isRecord(value)) return [{ steps, value }];
  const entries = Object.entries(value);
  if (entries.length === 0) return steps.length === 0 ? [] : [{ steps, value }];
  return entries.flatMap(([key, item]) => leavesOf(item, [...steps, key]));
}
