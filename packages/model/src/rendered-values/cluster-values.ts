import { rawValues, valueStages } from '../cluster-profile/layer-values.ts';
import { profileText } from '../cluster-profile/profile-text.ts';
import { packKey, type ResolveInput } from '../cluster-profile/resolve-input.ts';
import type { ResolvedLayer, ResolvedProfile } from '../cluster-profile/resolved.ts';
import { type StackLayer, stackLayers, stackVariables } from '../cluster-profile/stack.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { describeContent } from '../cluster/plan-layers.ts';
import { looksSecret, MASK, maskValue, shownAt } from '../meta/mask.ts';
import { effectiveValues, type Values } from '../meta/merge-values.ts';
import type { Scope } from '../meta/scopes.ts';
import { type ValueOrigin, valueOrigins } from './value-origins.ts';

/** The values of one layer as the cluster gets them, secrets masked. */
export interface LayerValues {
  readonly name: string;
  readonly type: ResolvedLayer['type'];
  /** `starter@1.0.0`: whose layer it is. */
  readonly profile: string;
  readonly namespace: string;
  /** `chart web 1.2.3` */
  readonly content: string;
  /** Of charts, and of settings of a kubernetes or os layer. */
  readonly values?: unknown;
  /** Of manifests. */
  readonly objects?: readonly unknown[];
  /** Where each of the values comes from. */
  readonly origins?: readonly ValueOrigin[];
  /** Why something may be missing. */
  readonly incomplete?: string;
}

export interface VariableOrigin {
  readonly name: string;
  readonly value: unknown;
  /** The cluster, a default of the profile, or a secret of the cluster; `unset` when nobody said anything. */
  readonly from: 'cluster' | 'default' | 'secret' | 'unset';
  /** `starter@1.0.0`: who declares it. */
  readonly profile: string;
}

export interface MacroOrigin {
  readonly name: string;
  readonly value: string;
  /** Where the one that counts lives. */
  readonly scope: Scope;
}

/** The answer to "what will my cluster's layers be told": `GET …/clusters/<name>/values`. */
export interface ClusterValues {
  readonly cluster: string;
  readonly profile: string;
  readonly addons: readonly string[];
  readonly kubernetesVersion: string;
  readonly variables: readonly VariableOrigin[];
  readonly macros: readonly MacroOrigin[];
  /** In install order. */
  readonly layers: readonly LayerValues[];
}

export interface ClusterValuesInput {
  readonly cluster: string;
  readonly spec: Pick<ClusterSpec, 'variables' | 'secretVariables' | 'secretVariablesFrom'>;
  /** What was resolved. Secrets need not be opened for it, and should not be. */
  readonly input: ResolveInput;
  readonly resolved: ResolvedProfile;
  /** Why nothing is known of a pack, by `packKey`. */
  readonly packProblems: ReadonlyMap<string, string>;
  /** Only this layer. */
  readonly layer?: string | undefined;
  /** Also what the charts themselves say where nobody says otherwise. */
  readonly defaults?: boolean | undefined;
}

/** What the layers of a cluster are told, and who says so. Whatever a secret went into, and whatever looks like one, is masked. */
export function clusterValues(given: ClusterValuesInput): ClusterValues {
  const { cluster, input, resolved, layer } = given;
  const { secretValues } = resolved;
  const entries = new Map(stackLayers(input.profiles, []).map((entry) => [entry.layer.name, entry]));
  const layers = resolved.layers.filter(({ name }) => layer === undefined || name === layer);
  const [profile = '', ...addons] = input.profiles.map(({ ref }) => profileText(ref));
  return {
    cluster,
    profile,
    addons,
    kubernetesVersion: resolved.kubernetesVersion,
    variables: variablesOf(given),
    macros: Object.entries(input.macros ?? {}).map(([name, { value, secret, scope = 'tenant' }]) => ({
      name,
      value: secret || value === undefined || looksSecret(name) ? MASK : (maskValue(value, secretValues) as string),
      scope,
    })),
    layers: layers.map((one) => layerValues(given, one, entries.get(one.name) as StackLayer)),
  };
}

function variablesOf({ spec, input, resolved }: ClusterValuesInput): VariableOrigin[] {
  return stackVariables(input.profiles, []).map(({ variable, profile }) => {
    const { name } = variable;
    const value = resolved.variables[name];
    const hidden = variable.type === 'secret' || looksSecret(name);
    return {
      name,
      value: hidden ? MASK : maskValue(value, resolved.secretValues),
      from: Object.hasOwn(spec.variables, name) ? 'cluster' : originOf(spec, variable),
      profile: profileText(profile.ref),
    };
  });
}

function originOf(
  { secretVariables, secretVariablesFrom }: ClusterValuesInput['spec'],
  { name, default: preset }: { readonly name: string; readonly default?: unknown },
): VariableOrigin['from'] {
  if (Object.hasOwn(secretVariables, name) || Object.hasOwn(secretVariablesFrom, name)) return 'secret';
  return preset === undefined ? 'unset' : 'default';
}

function layerValues(
  { input, resolved, packProblems, defaults }: ClusterValuesInput,
  layer: ResolvedLayer,
  entry: StackLayer,
): LayerValues {
  const { content, secrets = [] } = layer;
  const about = {
    name: layer.name,
    type: layer.type,
    profile: profileText(entry.profile.ref),
    namespace: layer.namespace,
    content: describeContent(layer),
  };
  if (content.type === 'manifests')
    return { ...about, objects: shownAt(content.objects, secrets, resolved.secretValues) as readonly unknown[] };
  if (content.type === 'builtin' && content.values === undefined) return about;
  const key = content.type === 'chart' ? packKey(content) : '';
  const pack = input.packs?.get(key);
  const whole = (values: Values): Values => (defaults && pack ? effectiveValues(pack.values, values) : values);
  const override = input.overrides?.[layer.name];
  const raw = rawValues(entry, pack, override, []).given;
  const unread = content.type === 'chart' && pack === undefined;
  return {
    ...about,
    values: shownAt(whole(content.values ?? {}), secrets, resolved.secretValues),
    origins: valueOrigins(whole(raw), valueStages(entry, pack, override, [])),
    ...(unread
      ? { incomplete: `what the pack gives by itself and by its presets is missing: ${packProblems.get(key) ?? 'it is not read here'}` }
      : {}),
  };
}
