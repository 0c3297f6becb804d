import type { ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import type { Layer } from '../cluster-profile/layer.ts';
import type { Variable } from '../cluster-profile/variable.ts';
import { deepEqual, type FieldDiff, fieldDiff } from '../meta/diff.ts';
import { applyListChange, isNoChange, listChange, type ListChange } from './keyed-lists.ts';
import { applyTextChange, type TextChange, textChange } from './text-change.ts';

/** A field that is another one now, as a whole. */
export interface FieldChange {
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

export interface VariableChange {
  readonly name: string;
  readonly fields: readonly FieldChange[];
}

export interface LayerChange extends VariableChange {
  /** The YAML text of its values, with comments and order. */
  readonly valuesYaml?: TextChange;
  /** Manifests that changed, by their place. */
  readonly manifests?: readonly (TextChange & { readonly index: number })[];
}

/** What makes one version of a profile of another. */
export interface ProfileDiff {
  /** Of the version itself: its number, state, description. */
  readonly fields: readonly FieldChange[];
  readonly layers: ListChange<Layer, LayerChange>;
  readonly variables: ListChange<Variable, VariableChange>;
}

/**
 * Compares two versions, of one profile or of two. `applyProfileDiff(a, diffProfiles(a, b))` is b: layers and variables in their order, YAML texts to the letter.
 */
export function diffProfiles(from: ProfileVersion, to: ProfileVersion): ProfileDiff {
  const { layers, variables, ...own } = from;
  const { layers: nextLayers, variables: nextVariables, ...next } = to;
  return {
    fields: fieldChanges(own, next),
    layers: listChange(layers, nextLayers, layerChange),
    variables: listChange(variables, nextVariables, (a, b) => {
      const fields = fieldChanges(a, b);
      return fields.length === 0 ? undefined : { name: a.name, fields };
    }),
  };
}

export const isSameProfile = ({ fields, layers, variables }: ProfileDiff): boolean =>
  fields.length === 0 && isNoChange(layers) && isNoChange(variables);

export function applyProfileDiff(version: ProfileVersion, { fields, layers, variables }: ProfileDiff): ProfileVersion {
  return {
    ...(withFields(version, fields) as ProfileVersion),
    layers: applyListChange(version.layers, layers, applyLayerChange),
    variables: applyListChange(version.variables, variables, (variable, change) => withFields(variable, change.fields) as Variable),
  };
}

/** The change of a field, value by value. */
export const detailsOf = ({ field, from, to }: FieldChange): FieldDiff[] => fieldDiff(from, to, field);

/** In the order of the fields. */
function fieldChanges(from: object, to: object): FieldChange[] {
  const [before, after] = [new Map(Object.entries(from)), new Map(Object.entries(to))];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) => {
    const [a, b] = [before.get(field) as unknown, after.get(field) as unknown];
    if (deepEqual(a, b)) return [];
    return [{ field, ...(a === undefined ? {} : { from: a }), ...(b === undefined ? {} : { to: b }) }];
  });
}

function withFields(object: object, fields: readonly FieldChange[]): object {
  const made = new Map(Object.entries(object));
  for (const { field, to } of fields) {
    if (to === undefined) made.delete(field);
    else made.set(field, to);
  }
  return Object.fromEntries(made);
}

function layerChange(from: Layer, to: Layer): LayerChange | undefined {
  const texts = { ...valuesYamlChange(from, to), ...manifestsChange(from, to) };
  const byText = Object.keys(texts);
  const fields = fieldChanges(from, to).filter(({ field }) => !byText.includes(field));
  return fields.length === 0 && byText.length === 0 ? undefined : { name: from.name, fields, ...texts };
}

function valuesYamlChange(from: Layer, to: Layer): Pick<LayerChange, 'valuesYaml'> {
  if (from.valuesYaml === undefined || to.valuesYaml === undefined) return {};
  const valuesYaml = textChange(from.valuesYaml, to.valuesYaml);
  return valuesYaml === undefined ? {} : { valuesYaml };
}

/** Manifests by their place, as long as there are as many of them. */
function manifestsChange({ manifests: from }: Layer, { manifests: to }: Layer): Pick<LayerChange, 'manifests'> {
  if (from === undefined || to === undefined || from.length !== to.length) return {};
  const manifests = from.flatMap((text, index) => {
    const change = textChange(text, to[index] as string);
    return change === undefined ? [] : [{ index, ...change }];
  });
  return manifests.length === 0 ? {} : { manifests };
}

function applyLayerChange(layer: Layer, { fields, valuesYaml, manifests }: LayerChange): Layer {
  const made = withFields(layer, fields) as Layer;
  return {
    ...made,
    ...(valuesYaml === undefined ? {} : { valuesYaml: applyTextChange(made.valuesYaml ?? '', valuesYaml) }),
    ...(manifests === undefined || made.manifests === undefined
      ? {}
      : { manifests: made.manifests.map((text, at) => applyTextChange(text, manifests.find(({ index }) => index === at) ?? {})) }),
  };
}
