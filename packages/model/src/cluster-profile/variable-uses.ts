import { joinPath } from '../meta/diff.ts';
import { readYamlTemplate } from '../template/yaml-text.ts';
import type { Reference } from '../template/syntax.ts';
import type { ProfileVersion } from './cluster-profile.ts';
import type { Layer } from './layer.ts';
import { referencesIn } from './macro-table.ts';

/** A place of a profile version whose text refers to a variable. */
export interface VariableUse {
  readonly variable: string;
  /** The layer it is in; none for the default of another variable. */
  readonly layer?: string;
  /** Within the layer: `values.ingress.host`, `manifests[0].data.url`; else `variables.host.default`. */
  readonly path: string;
}

/** Who uses which variable, in the order of the profile: the defaults of variables first, then the layers. */
export function variableUses({ variables, layers }: Pick<ProfileVersion, 'variables' | 'layers'>): readonly VariableUse[] {
  return [
    ...variables.flatMap((variable) => usesAt(variable.default, joinPath(joinPath('variables', variable.name), 'default'))),
    ...layers.flatMap((layer) => layerUses(layer).map((use): VariableUse => ({ ...use, layer: layer.name }))),
  ];
}

/** Variables that layers and defaults use and nobody declares, and declared ones that nothing uses. */
export function variableGaps(version: Pick<ProfileVersion, 'variables' | 'layers'>): {
  readonly undeclared: readonly string[];
  readonly unused: readonly string[];
} {
  const used = new Set(variableUses(version).map(({ variable }) => variable));
  const declared = new Set(version.variables.map(({ name }) => name));
  return { undeclared: [...used].filter((name) => !declared.has(name)), unused: [...declared].filter((name) => !used.has(name)) };
}

function layerUses({ valuesYaml, manifests = [], ...rest }: Layer): VariableUse[] {
  return [
    ...Object.entries(rest).flatMap(([key, value]) => usesAt(value, key)),
    // The same values, written as a text: their places are named as if they were not.
    ...(valuesYaml === undefined ? [] : usesInText(valuesYaml, 'values')),
    ...manifests.flatMap((text, index) => usesInText(text, joinPath('manifests', index))),
  ];
}

/** Of a text that is no YAML (yet), the place is the whole of it. */
function usesInText(text: string, path: string): VariableUse[] {
  const found = readYamlTemplate(text).flatMap((document) => ('value' in document ? usesAt(document.value, path) : []));
  if (found.length > 0) return found;
  return ofVariables(referencesIn(text), path);
}

function usesAt(value: unknown, path: string): VariableUse[] {
  if (typeof value === 'string') return ofVariables(referencesIn(value), path);
  if (Array.isArray(value)) return value.flatMap((item, index) => usesAt(item, joinPath(path, index)));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = joinPath(path, key);
    return [...(key.includes('{{') ? ofVariables(referencesIn(key), at) : []), ...usesAt(item, at)];
  });
}

/** One place counts once, however often its text says the name. */
const ofVariables = (references: readonly Reference[], path: string): VariableUse[] =>
  [...new Set(references.filter(({ root }) => root === 'var').map(({ name }) => name))].map((variable) => ({ variable, path }));
