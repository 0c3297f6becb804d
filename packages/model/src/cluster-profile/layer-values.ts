import { forbiddenField, invalidField } from '../meta/causes.ts';
import { isRecord } from '../meta/diff.ts';
import { effectiveValues, mergeValues, type Values } from '../meta/merge-values.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import { presetSteps } from '../pack/presets.ts';
import type { FieldCause } from '@slipway/kit';
import { readYamlTemplate } from '../template/yaml-text.ts';
import { referenceText } from '../template/syntax.ts';
import { referencesIn } from './macro-table.ts';
import type { StackLayer } from './stack.ts';

/** One of those that have a say in a layer's values. */
export interface ValueStage {
  readonly from: 'pack' | 'preset' | 'profile' | 'cluster';
  /** Which preset. */
  readonly preset?: string;
  /** What it lays over what was before. */
  readonly sets: Values;
  /** What the values are after it. */
  readonly values: Values;
}

/** The values of one layer before references are filled in. */
export interface RawValues {
  /** What is given to the pack. */
  readonly given: Values;
  /** What others see of it: the pack's own defaults too, where the pack is known. */
  readonly seen: Values;
}

/**
 * What a layer's values are made of, the last winning: what the pack gives every layer, its presets, `valuesYaml`, `values`, and what one cluster wants otherwise.
 */
export function rawValues(entry: StackLayer, pack: PackInfo | undefined, override: Values | undefined, causes: FieldCause[]): RawValues {
  const { layer, path } = entry;
  if (pack === undefined && layer.presets.length > 0 && layer.chart === undefined)
    causes.push(forbiddenField(`${path}.presets`, 'presets are for layers with a chart'));
  const given = valueStages(entry, pack, override, causes).at(-1)?.values ?? {};
  return { given, seen: pack === undefined ? given : effectiveValues(pack.values, given) };
}

/** Everybody who has a say in a layer's values, in the order in which the later one wins. */
export function valueStages(
  entry: StackLayer,
  pack: PackInfo | undefined,
  override: Values | undefined,
  causes: FieldCause[],
): readonly ValueStage[] {
  const own = mergeValues(yamlValues(entry, causes), entry.layer.values);
  const start = pack === undefined ? [] : starting(entry, pack, causes);
  const before = start.at(-1)?.values ?? {};
  const profile: ValueStage = { from: 'profile', sets: own, values: mergeValues(before, own) };
  if (override === undefined) return [...start, profile];
  return [...start, profile, { from: 'cluster', sets: override, values: mergeValues(profile.values, override) }];
}

function starting(entry: StackLayer, pack: PackInfo, causes: FieldCause[]): ValueStage[] {
  const { layer, path } = entry;
  const { steps, causes: found } = presetSteps(pack, layer.presets, `${path}.presets`);
  const defaults = pack.metadata.defaults.values;
  causes.push(...found, ...overreach(entry, steps.at(-1)?.values ?? defaults));
  const presets = steps.map(({ preset, values: after }): ValueStage => ({
    from: 'preset',
    preset: preset.name,
    sets: preset.values,
    values: after,
  }));
  return [{ from: 'pack', sets: defaults, values: defaults }, ...presets];
}

/** A pack is somebody else's: what it starts with may follow the profile's variables, and must not fetch secrets by guessing their names. */
function overreach({ profile, path, layer }: StackLayer, values: Values): FieldCause[] {
  const secret = new Set(profile.version.variables.filter(({ type }) => type === 'secret').map(({ name }) => name));
  const bad = referencesIn(values).find(({ root, name }) => root === 'macro' || (root === 'var' && secret.has(name)));
  if (bad === undefined) return [];
  return [
    invalidField(
      `${path}.chart`,
      `the pack of layer "${layer.name}" refers to ${referenceText(bad)} by itself; a pack may not use macros and secrets: set the value in the layer`,
    ),
  ];
}

/** What a layer says as YAML text. */
export function yamlValues({ layer, path }: StackLayer, causes: FieldCause[]): Values {
  if (layer.valuesYaml === undefined) return {};
  const field = `${path}.valuesYaml`;
  const documents = readYamlTemplate(layer.valuesYaml);
  const [document] = documents;
  if (documents.length > 1) {
    causes.push(invalidField(field, 'must be one YAML document'));
    return {};
  }
  if (document === undefined) return {};
  if ('problem' in document) {
    causes.push(invalidField(field, document.where === 'text' ? `is not valid YAML: ${document.problem}` : document.problem));
    return {};
  }
  if (document.value === null || document.value === undefined) return {};
  if (isRecord(document.value)) return document.value;
  causes.push(invalidField(field, 'must be a mapping: names of values and what they are'));
  return {};
}
