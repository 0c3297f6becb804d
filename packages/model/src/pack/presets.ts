import type { FieldCause } from '@slipway/kit';
import { duplicateField, invalidField, listOf } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { mergeValues, type Values } from '../meta/merge-values.ts';
import { splitPath, valueAt, withoutValueAt, withValueAt } from '../meta/value-path.ts';
import type { PackMetadata, Preset } from './metadata.ts';

export interface PresetInput {
  readonly metadata: Pick<PackMetadata, 'presets' | 'defaults'>;
  /** The chart's own defaults. */
  readonly values: Values;
}

export interface PresetStep {
  readonly preset: Preset;
  /** What the values are after it. */
  readonly values: Values;
}

/**
 * The values that a layer starts from: what the pack's metadata gives every layer, and the chosen presets over it in the order they are named. The layer's own values
 * go over the result with `mergeValues`. Unknown presets and two of one group go to `causes`, whose paths start with `path` (`spec.versions[0].layers[1].preset`).
 */
export function startingValues(pack: PresetInput, chosen: readonly string[], path: string): { values: Values; causes: FieldCause[] } {
  const { steps, causes } = presetSteps(pack, chosen, path);
  return { values: steps.at(-1)?.values ?? pack.metadata.defaults.values, causes };
}

/** As {@link startingValues}, preset by preset. */
export function presetSteps(pack: PresetInput, chosen: readonly string[], path: string): { steps: PresetStep[]; causes: FieldCause[] } {
  const causes: FieldCause[] = [];
  const known = new Map(pack.metadata.presets.map((preset) => [preset.name, preset]));
  const byGroup = new Map<string, string>();
  const steps: PresetStep[] = [];
  chosen.forEach((name, index) => {
    const preset = known.get(name);
    const field = joinPath(path, index);
    if (!preset) {
      causes.push(invalidField(field, `the pack has no preset "${name}"; it has: ${listOf([...known.keys()])}`));
      return;
    }
    const other = byGroup.get(preset.group);
    const before = steps.at(-1)?.values ?? pack.metadata.defaults.values;
    if (other === undefined) steps.push({ preset, values: applyPreset(pack.values, before, preset) });
    else causes.push(duplicateField(field, `"${name}" and "${other}" are both of the group "${preset.group}"; choose one of them`));
    byGroup.set(preset.group, other ?? name);
  });
  return { steps, causes };
}

/** What the preset removes goes first, then its values are laid over. What the chart itself has at a removed path is taken away too, by the null that helm understands. */
export function applyPreset(defaults: Values, values: Values, preset: Pick<Preset, 'values' | 'remove'>): Values {
  return mergeValues(
    preset.remove.reduce((before, path) => removePath(defaults, before, path), values),
    preset.values,
  );
}

function removePath(defaults: Values, values: Values, path: string): Values {
  const steps = splitPath(path) ?? [];
  const last = steps.at(-1);
  if (last === undefined) return values;
  if (typeof last === 'number') return removeItem(defaults, values, steps);
  // Under what is already gone, or is no map, there is nothing left to take away; a null put there would bring its parent back.
  if (steps.some((_, depth) => depth > 0 && isLeaf(valueAt(values, steps.slice(0, depth))))) return values;
  const removed = withoutValueAt(values, steps) as Values;
  const inChart = valueAt(defaults, steps);
  // Below a list there is nothing that helm would merge: the whole list comes from the layer's values.
  if (inChart === undefined || steps.some((step) => typeof step === 'number')) return removed;
  return withValueAt(removed, steps, null) as Values;
}

function isLeaf(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || value === null);
}

/** helm replaces lists as a whole, so a list that loses an item is given in full. */
function removeItem(defaults: Values, values: Values, steps: readonly (string | number)[]): Values {
  const list = steps.slice(0, -1);
  const before = valueAt(values, list) ?? valueAt(defaults, list);
  if (!Array.isArray(before)) return values;
  return withValueAt(values, list, withoutValueAt(before, steps.slice(-1))) as Values;
}
