import { settingsCauses } from '../cluster/machine-settings.ts';
import { forbiddenField, invalidField, requiredField } from '../meta/causes.ts';
import { isRecord } from '../meta/diff.ts';
import type { Values } from '../meta/merge-values.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import { checkReadiness, type ReadinessGate } from '../plan/readiness.ts';
import { fill, fillString, type FillScope, type SecretLeaf } from '../template/fill.ts';
import { type Layer } from './layer.ts';
import type { RawValues } from './layer-values.ts';
import { referencesIn } from './macro-table.ts';
import { parseManifests } from './manifests.ts';
import { fullDependencies } from './order.ts';
import type { ResolvedContent, ResolvedLayer } from './resolved.ts';
import type { StackLayer } from './stack.ts';

const NO_VALUES = {
  cni: 'a cni that the machine brings has no values; make it a chart',
  os: 'no cloud takes settings of the os layer; those of nodes are values of the kubernetes layer: kubelet',
};

/** Helm's own limit. */
const MAX_RELEASE_NAME = 53;

export interface LayerInput {
  readonly entry: StackLayer;
  readonly all: readonly Layer[];
  readonly values: RawValues;
  readonly pack: PackInfo | undefined;
  readonly scope: FillScope;
  /** No cluster gives anything yet: stand-ins are in the values. */
  readonly unset?: boolean;
}

interface Made {
  readonly content: ResolvedContent;
  readonly leaves: readonly SecretLeaf[];
}

/** One layer with its references filled in; nothing when it cannot be said what it is. */
export function resolveLayer(input: LayerInput): ResolvedLayer[] {
  const { entry, all, scope } = input;
  const { layer, path } = entry;
  const made = contentOf(input);
  const readiness = layer.readiness.length === 0 ? {} : { readiness: readinessOf(layer, path, scope) };
  if (!made) return [];
  return [
    {
      name: layer.name,
      type: layer.type,
      namespace: layer.namespace,
      dependsOn: fullDependencies(layer, all),
      drift: layer.drift,
      timeoutSeconds: layer.timeoutSeconds,
      ...readiness,
      content: made.content,
      ...(made.leaves.length === 0 ? {} : { secrets: made.leaves }),
    },
  ];
}

function readinessOf(layer: Layer, path: string, scope: FillScope): ReadinessGate[] {
  const { value, secret } = fill(layer.readiness, `${path}.readiness`, scope);
  if (secret) scope.causes.push(forbiddenField(`${path}.readiness`, 'cannot hold secrets: what a gate waits for is shown'));
  const gates = value as ReadinessGate[];
  scope.causes.push(...checkReadiness(gates, `${path}.readiness`));
  return gates;
}

function contentOf(input: LayerInput): Made | undefined {
  const { entry, scope } = input;
  const { layer, path } = entry;
  const given = (['builtin', 'chart', 'manifests'] as const).filter((key) => layer[key] !== undefined);
  if (given.length !== 1) {
    const has = given.length === 0 ? 'none of them' : given.join(' and ');
    scope.causes.push(requiredField(path, `layer "${layer.name}" must have exactly one of builtin, chart and manifests; it has ${has}`));
    return undefined;
  }
  if (layer.manifests !== undefined && Object.keys(input.values.given).length > 0) {
    scope.causes.push(forbiddenField(`${path}.values`, 'values are for layers with a chart; manifests use {{ .var.name }}'));
  }
  if (layer.builtin) return builtinOf(layer.builtin, input);
  if (layer.type === 'os' || layer.type === 'kubernetes') {
    scope.causes.push(requiredField(`${path}.builtin`, `a layer of type ${layer.type} is part of the machine: use builtin`));
    return undefined;
  }
  if (layer.manifests) return manifestsOf(layer.manifests, `${path}.manifests`, scope);
  return chartOf(input);
}

function manifestsOf(texts: readonly string[], path: string, scope: FillScope): Made {
  const { objects, leaves } = parseManifests(texts, path, scope);
  return { content: { type: 'manifests', objects }, leaves };
}

function chartOf({ entry, values, pack, scope }: LayerInput): Made {
  const { layer, path } = entry;
  const { registry, registryScope, name, version } = layer.chart as NonNullable<Layer['chart']>;
  if (pack?.kind === 'manifests') {
    return manifestsOf(
      pack.manifests.map(({ content }) => content),
      `${path}.chart`,
      scope,
    );
  }
  if (layer.name.length > MAX_RELEASE_NAME) {
    scope.causes.push(
      invalidField(`${path}.name`, `a chart's layer name is its Helm release name and has at most ${MAX_RELEASE_NAME} characters`),
    );
  }
  const filled = filledValues(values.given, `${path}.values`, scope);
  return {
    content: {
      type: 'chart',
      registry,
      registryScope,
      name: fillString(name, `${path}.chart.name`, scope),
      version: fillString(version, `${path}.chart.version`, scope),
      values: filled.values,
    },
    leaves: filled.leaves,
  };
}

function filledValues(
  raw: Values,
  path: string,
  scope: FillScope,
): { values: Readonly<Record<string, unknown>>; leaves: readonly SecretLeaf[] } {
  const { value, leaves } = fill(raw, path, scope);
  return { values: isRecord(value) ? value : {}, leaves };
}

function builtinOf(builtin: { name: string; version: string }, { entry, values, scope, unset = false }: LayerInput): Made | undefined {
  const { layer, path } = entry;
  if (layer.type === 'csi' || layer.type === 'addon') {
    scope.causes.push(forbiddenField(`${path}.builtin`, `a layer of type ${layer.type} must be a chart or manifests`));
    return undefined;
  }
  const content = { type: 'builtin', name: builtin.name, version: fillString(builtin.version, `${path}.builtin.version`, scope) } as const;
  if (Object.keys(values.given).length === 0) return { content, leaves: [] };
  if (layer.type !== 'kubernetes') {
    scope.causes.push(forbiddenField(`${path}.values`, NO_VALUES[layer.type]));
    return undefined;
  }
  const filled = filledValues(values.given, `${path}.values`, scope);
  if (filled.leaves.length > 0) scope.causes.push(forbiddenField(`${path}.values`, 'cannot hold secrets: machines are made with it'));
  scope.causes.push(...settingsCauses(filled.values, `${path}.values`, { unsure: unset && referencesIn(values.given).length > 0 }));
  return { content: { ...content, values: filled.values }, leaves: [] };
}
