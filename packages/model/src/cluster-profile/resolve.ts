import type { FieldCause } from '@slipway/kit';
import { formatKubernetesVersion, parseKubernetesVersion } from '../cluster/kubernetes-version.ts';
import { forbiddenField, invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import { looksSecret } from '../meta/mask.ts';
import type { ProfileVersion } from './cluster-profile.ts';
import type { Layer } from './layer.ts';
import { checkReadiness, type ReadinessGate } from '../plan/readiness.ts';
import { parseManifests, type KubernetesObject } from './manifests.ts';
import { fullDependencies, orderLayers } from './order.ts';
import { fillIn, fillInString, type FillScope, type Lookup } from './template.ts';
import type { VariableValue } from './variable.ts';
import { checkDeclarations, resolveVariables, sampleValue } from './variables.ts';

export type ResolvedContent =
  | { readonly type: 'builtin'; readonly name: string; readonly version: string }
  | {
      readonly type: 'chart';
      readonly registry: string;
      readonly registryScope: 'project' | 'tenant' | 'system';
      readonly name: string;
      readonly version: string;
      readonly values: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'manifests'; readonly objects: readonly KubernetesObject[] };

/** One layer with every variable filled in; charts are not yet pinned to a digest. */
export interface ResolvedLayer {
  readonly name: string;
  readonly type: Layer['type'];
  readonly namespace: string;
  /** Everything that must be Ready first, the natural order included. */
  readonly dependsOn: readonly string[];
  readonly drift: 'heal' | 'report' | undefined;
  readonly timeoutSeconds: number;
  /** Left out when there are none, so that what was resolved before there were gates is the same as now. */
  readonly readiness?: ReadinessGate[];
  readonly content: ResolvedContent;
}

export interface ResolvedProfile {
  readonly name: string;
  readonly version: string;
  /** `v1.35.4` */
  readonly kubernetesVersion: string;
  /** In install order. */
  readonly layers: readonly ResolvedLayer[];
  readonly variables: Lookup;
  /** Values of variables whose names look secret: they are masked wherever they show. */
  readonly secretValues: readonly string[];
}

export interface ResolveInput {
  readonly name: string;
  readonly version: ProfileVersion;
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Path of the given variables in causes; `spec.variables` of a cluster unless told. */
  readonly variablesPath?: string;
  /** Path of the profile version in causes: `spec.versions[0]`. Defaults to `profile name@version`. */
  readonly versionPath?: string;
}

export type ResolveResult =
  | { readonly ok: true; readonly profile: ResolvedProfile }
  | { readonly ok: false; readonly causes: readonly FieldCause[]; readonly message: string };

/**
 * What a cluster with these variables is made of: variables checked and filled in, manifests parsed, layers in install order. Pure and total: problems are causes
 * with the path of the field and what would be right.
 *
 * @example resolve({ name: 'starter', version: profile.spec.versions[0], variables: { replicas: 2 } })
 */
export function resolve(input: ResolveInput): ResolveResult {
  // Only what is frozen through and through (a store that shares its objects freezes them) is certain to give the same answer again.
  if (!Object.isFrozen(input.version)) return resolveAnew(input);
  const { name, variables, variablesPath, versionPath } = input;
  const key = JSON.stringify([name, Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1)), variablesPath, versionPath]);
  const known = answers.get(input.version) ?? new Map<string, ResolveResult>();
  const answer = known.get(key) ?? resolveAnew(input);
  if (known.size >= REMEMBERED) known.clear();
  answers.set(input.version, known.set(key, answer));
  return answer;
}

/** Parsing the manifests of a large profile takes long, and one change of a cluster asks several times. Answers live as long as their profile version. */
const answers = new WeakMap<ProfileVersion, Map<string, ResolveResult>>();
/** Answers kept per profile version: of clusters that differ in their variables. */
const REMEMBERED = 20;

function resolveAnew(input: ResolveInput): ResolveResult {
  const { values, causes: variableCauses } = resolveVariables(input.version.variables, input.variables, input.variablesPath);
  // Without its variables a layer would only add errors that follow from the first ones.
  if (variableCauses.length > 0) return failed(variableCauses);
  return resolveWith(input, values);
}

/** As {@link resolve}, but throws `Invalid` that names every cause. */
export function resolveProfile(input: ResolveInput): ResolvedProfile {
  const result = resolve(input);
  if (!result.ok) refuseIf(`Profile ${input.name}@${input.version.version}`, result.causes);
  return (result as { profile: ResolvedProfile }).profile;
}

/** Problems of a profile version on its own, before any cluster uses it: required variables get a sample value. */
export function checkProfileVersion(version: ProfileVersion, path: string): readonly FieldCause[] {
  const declared = checkDeclarations(version.variables, `${path}.variables`);
  if (declared.length > 0) return declared;
  const values = Object.fromEntries(version.variables.map((variable) => [variable.name, sampleValue(variable)]));
  const result = resolveWith({ name: '', version, variables: {}, versionPath: path }, values);
  return result.ok ? [] : result.causes;
}

function resolveWith(input: ResolveInput, values: Lookup): ResolveResult {
  const { version } = input;
  const path = `${input.versionPath ?? `profile ${input.name}@${version.version}`}.layers`;
  const causes: FieldCause[] = [];
  const scope: FillScope = { values, causes };
  const ordered = orderLayers(version.layers, path, causes);
  const layers = ordered.flatMap((layer) =>
    resolveLayer(layer, { scope, path: `${path}[${version.layers.indexOf(layer)}]`, all: version.layers }),
  );
  const kubernetesVersion = checkKubernetesLayer(layers, version.layers, path, causes);
  if (causes.length > 0) return failed(causes);
  const secretValues = version.variables
    .filter((variable) => looksSecret(variable.name))
    .map((variable) => String(values[variable.name] ?? ''))
    // Very short values would mask half of every text and hide nothing.
    .filter((value) => value.length >= 4);
  return { ok: true, profile: { name: input.name, version: version.version, kubernetesVersion, layers, variables: values, secretValues } };
}

const failed = (causes: readonly FieldCause[]): ResolveResult => ({
  ok: false,
  causes,
  message: causes.map((cause) => `${cause.field}: ${cause.message}`).join('; '),
});

/** Helm's own limit. */
const MAX_RELEASE_NAME = 53;

interface LayerScope {
  readonly scope: FillScope;
  readonly path: string;
  readonly all: readonly Layer[];
}

function resolveLayer(layer: Layer, { scope, path, all }: LayerScope): ResolvedLayer[] {
  const content = resolveContent(layer, path, scope);
  if (!content) return [];
  return [
    {
      name: layer.name,
      type: layer.type,
      namespace: layer.namespace,
      dependsOn: fullDependencies(layer, all),
      drift: layer.drift,
      timeoutSeconds: layer.timeoutSeconds,
      ...(layer.readiness.length === 0 ? {} : { readiness: resolveReadiness(layer, path, scope) }),
      content,
    },
  ];
}

function resolveReadiness(layer: Layer, path: string, scope: FillScope): ReadinessGate[] {
  const filled = fillIn(layer.readiness, `${path}.readiness`, scope) as ReadinessGate[];
  scope.causes.push(...checkReadiness(filled, `${path}.readiness`));
  return filled;
}

function resolveContent(layer: Layer, path: string, scope: FillScope): ResolvedContent | undefined {
  const given = (['builtin', 'chart', 'manifests'] as const).filter((key) => layer[key] !== undefined);
  if (given.length !== 1) {
    const has = given.length === 0 ? 'none of them' : given.join(' and ');
    scope.causes.push(requiredField(path, `layer "${layer.name}" must have exactly one of builtin, chart and manifests; it has ${has}`));
    return undefined;
  }
  if (layer.chart === undefined && Object.keys(layer.values).length > 0) {
    scope.causes.push(forbiddenField(`${path}.values`, 'values are for layers with a chart; manifests use {{ .var.name }}'));
  }
  if (layer.builtin) return resolveBuiltin(layer, layer.builtin, path, scope);
  if (layer.type === 'os' || layer.type === 'kubernetes') {
    scope.causes.push(requiredField(`${path}.builtin`, `a layer of type ${layer.type} is part of the machine: use builtin`));
    return undefined;
  }
  if (layer.manifests) return { type: 'manifests', objects: parseManifests(layer.manifests, `${path}.manifests`, scope) };
  if (layer.name.length > MAX_RELEASE_NAME) {
    scope.causes.push(
      invalidField(`${path}.name`, `a chart's layer name is its Helm release name and has at most ${MAX_RELEASE_NAME} characters`),
    );
  }
  const { registry, registryScope, name, version } = layer.chart ?? { registry: '', registryScope: 'tenant', name: '', version: '' };
  return {
    type: 'chart',
    registry,
    registryScope,
    name: fillInString(name, `${path}.chart.name`, scope),
    version: fillInString(version, `${path}.chart.version`, scope),
    values: fillIn(layer.values, `${path}.values`, scope) as Record<string, unknown>,
  };
}

function resolveBuiltin(
  layer: Layer,
  builtin: { name: string; version: string },
  path: string,
  scope: FillScope,
): ResolvedContent | undefined {
  if (layer.type === 'csi' || layer.type === 'addon') {
    scope.causes.push(forbiddenField(`${path}.builtin`, `a layer of type ${layer.type} must be a chart or manifests`));
    return undefined;
  }
  return { type: 'builtin', name: builtin.name, version: fillInString(builtin.version, `${path}.builtin.version`, scope) };
}

function checkKubernetesLayer(resolved: readonly ResolvedLayer[], layers: readonly Layer[], path: string, causes: FieldCause[]): string {
  const declared = layers.filter((layer) => layer.type === 'kubernetes');
  if (declared.length !== 1) {
    const found = declared.length === 0 ? 'none' : declared.map((layer) => layer.name).join(', ');
    causes.push(requiredField(path, `there must be exactly one layer of type kubernetes; found: ${found}`));
    return '';
  }
  const layer = resolved.find((candidate) => candidate.type === 'kubernetes');
  if (layer?.content.type !== 'builtin') return '';
  const version = parseKubernetesVersion(layer.content.version);
  if (version) return formatKubernetesVersion(version);
  const at = layers.findIndex((candidate) => candidate.type === 'kubernetes');
  causes.push(
    invalidField(`${path}[${at}].builtin.version`, `must be a Kubernetes version such as 1.35.4, not "${layer.content.version}"`),
  );
  return '';
}
