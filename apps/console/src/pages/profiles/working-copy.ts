import type { Layer, ProfileVersion } from '@slipway/model';
import { deepEqual } from '@slipway/model/browser-profiles';
import { readStored, store } from '../../state/stored.ts';

/** A version as somebody changes it, and what it was when they began. */
export interface WorkingCopy {
  readonly base: ProfileVersion;
  readonly version: ProfileVersion;
}

export const isDirty = ({ base, version }: WorkingCopy): boolean => !deepEqual(base, version);

/** What this browser kept of changes that were not saved. What cannot be read is none. */
export function keptCopy(key: string): WorkingCopy | undefined {
  try {
    const read = JSON.parse(readStored(key) ?? 'null') as WorkingCopy | null;
    return Array.isArray(read?.base.layers) && Array.isArray(read.version.layers) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps changes across reloads and leaving; nothing is kept of a copy without any. */
export const keepCopy = (key: string, copy: WorkingCopy | undefined): void =>
  store(key, copy === undefined || !isDirty(copy) ? undefined : JSON.stringify(copy));

export const withLayer = (version: ProfileVersion, name: string, change: (layer: Layer) => Layer): ProfileVersion => ({
  ...version,
  layers: version.layers.map((layer) => (layer.name === name ? change(layer) : layer)),
});

export const withoutLayer = (version: ProfileVersion, name: string): ProfileVersion => ({
  ...version,
  layers: version.layers.filter((layer) => layer.name !== name),
});

/** Why a layer cannot be taken out: others wait for it. */
export function whyStays(version: ProfileVersion, name: string): string | undefined {
  const waiting = version.layers.filter(({ dependsOn }) => dependsOn.includes(name)).map((layer) => `“${layer.name}”`);
  if (version.layers.length === 1) return 'A version has at least one layer.';
  return waiting.length === 0
    ? undefined
    : `${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for it: remove that dependency first.`;
}

/** What a layer begins with that is made from a pack. */
export interface NewLayer {
  readonly pack: string;
  readonly registry: string;
  readonly registryScope: 'project' | 'tenant';
  readonly version: string;
  readonly type: Layer['type'];
  readonly namespace?: string | undefined;
  readonly priority?: number | undefined;
}

/** The version with one layer more, under a name that is free. */
export function withNewLayer(version: ProfileVersion, made: NewLayer): { version: ProfileVersion; name: string } {
  const base =
    made.pack
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 55) || 'layer';
  const taken = new Set(version.layers.map(({ name }) => name));
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
  const layer: Layer = {
    name,
    type: made.type,
    namespace: made.namespace ?? name,
    dependsOn: [],
    priority: made.priority ?? 0,
    timeoutSeconds: 300,
    readiness: [],
    chart: { registry: made.registry, registryScope: made.registryScope, name: made.pack, version: made.version },
    presets: [],
    values: {},
  };
  return { version: { ...version, layers: [...version.layers, layer] }, name };
}

/** `1.2.3` → `1.3.0`: the number that a draft is offered; one that nobody has. */
export function nextVersion(versions: readonly string[], from: string): string {
  const [major = 0, minor = 0] = from.split(/[.-]/).map(Number);
  for (let next = minor + 1; ; next++) {
    const text = `${major}.${next}.0`;
    if (!versions.includes(text)) return text;
  }
}

/** A string of an object that is a reference and nothing else, in JSON. */
const LONE_REFERENCE = /"\s*\{\{(?:[^"\\]|\\.)*\}\}\s*"/;

/**
 * Why a layer's values cannot become one text without meaning something else: a reference that stands alone in `values` keeps its type, and in the quotes of a text it
 * becomes a text; and what `values` lays over a text is merged with it key by key.
 */
export function whyNotText({ valuesYaml, values }: Pick<Layer, 'valuesYaml' | 'values'>): string | undefined {
  if (Object.keys(values).length === 0) return undefined;
  if (valuesYaml !== undefined) return 'The layer has values as a text and as an object over it: change them in the profile’s YAML.';
  return LONE_REFERENCE.test(JSON.stringify(values))
    ? 'The values are an object with references that keep their type, which a text would not: change them in the profile’s YAML.'
    : undefined;
}
