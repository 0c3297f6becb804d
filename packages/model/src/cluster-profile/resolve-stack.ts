import type { FieldCause } from '@slipway/kit';
import { formatKubernetesVersion, parseKubernetesVersion } from '../cluster/kubernetes-version.ts';
import { CLUSTER_NETWORK } from '../cluster/network.ts';
import { invalidField, requiredField } from '../meta/causes.ts';
import { MASK } from '../meta/mask.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import { type Found, type Known, MAX_FILLED, type References } from '../template/evaluate.ts';
import { fill, type FillScope } from '../template/fill.ts';
import type { ProfileVersion } from './cluster-profile.ts';
import { checkDeclarations } from './declarations.ts';
import { rawValues, type RawValues } from './layer-values.ts';
import { orderLayers } from './order.ts';
import { createReferences, type LayerTexts, type ReferenceInput } from './references.ts';
import { causesText, packKey, type ResolveInput } from './resolve-input.ts';
import { resolveLayer } from './resolve-layer.ts';
import type { ResolvedLayer, ResolveResult } from './resolved.ts';
import { pathOf, type ProfileType, type StackLayer, stackLayers, type StackProfile, stackVariables } from './stack.ts';
import type { VariableValue } from './variable.ts';
import { resolveVariables } from './variables.ts';

interface Mode {
  /** No cluster gives anything yet: stand-ins are taken for what it will give. */
  readonly unset?: boolean;
  /** Layers of other profiles will be beside these. */
  readonly partial?: boolean;
}

/** Everything that one resolution works with. */
interface Work {
  readonly input: ResolveInput;
  readonly mode: Mode;
  readonly layers: readonly StackLayer[];
  readonly causes: FieldCause[];
  readonly secretTexts: Set<string>;
  readonly budget: { left: number };
}

export function resolveStack(input: ResolveInput, mode: Mode = {}): ResolveResult {
  const causes: FieldCause[] = [];
  const layers = stackLayers(input.profiles, causes);
  const work: Work = { input, mode, layers, causes, secretTexts: new Set(), budget: { left: MAX_FILLED } };
  const variables = variablesOf(work);
  // Without its variables a layer would only add errors that follow from the first ones.
  if (causes.length > 0) return failed(causes);
  const resolved = layersOf(work, variables);
  const kubernetesVersion = kubernetesVersionOf(work, resolved);
  if (causes.length > 0) return failed(causes);
  const [first, ...addons] = input.profiles as [StackProfile, ...StackProfile[]];
  return {
    ok: true,
    profile: {
      name: first.ref.name,
      version: first.version.version,
      ...(addons.length === 0 ? {} : { addons: addons.map(({ ref }) => ref) }),
      kubernetesVersion,
      layers: resolved,
      variables: Object.fromEntries([...variables].map(([name, { value, secret }]) => [name, (secret ? MASK : value) as VariableValue])),
      // Very short values would mask half of every text and hide nothing.
      secretValues: [...work.secretTexts].filter((text) => text.length >= 4),
    },
  };
}

/** Causes told at most: after so many, more say nothing new. */
const MAX_CAUSES = 100;

function failed(causes: readonly FieldCause[]): ResolveResult {
  const told = causes.slice(0, MAX_CAUSES);
  return { ok: false, causes: told, message: causesText(told) };
}

/** Problems of a profile version on its own, before any cluster uses it: what clusters give has a stand-in. */
export function checkProfileVersion(version: ProfileVersion, path: string, type: ProfileType = 'full'): readonly FieldCause[] {
  const declared = checkDeclarations(version.variables, `${path}.variables`);
  if (declared.length > 0) return declared;
  const stack = [{ ref: { scope: 'tenant' as const, name: '', version: version.version }, version, path }];
  const result = resolveStack({ profiles: stack, variables: {} }, { unset: true, partial: type === 'addon' });
  const natures = natureCauses(version, path, type);
  return result.ok ? natures : [...natures, ...result.causes];
}

/** What belongs into a profile of this type, and what must be in it. */
function natureCauses(version: ProfileVersion, path: string, type: ProfileType): FieldCause[] {
  const foreign = version.layers.flatMap((layer, index) => {
    const fits = type === 'full' || (type === 'addon') === (layer.type === 'addon');
    const home = type === 'addon' ? 'an add-on profile holds layers of type addon only' : 'an infrastructure profile holds no add-ons';
    return fits ? [] : [invalidField(`${path}.layers[${index}].type`, `${home}, not ${layer.type}`)];
  });
  return type === 'addon' ? foreign : [...foreign, ...oneKubernetes(version.layers, `${path}.layers`)];
}

function oneKubernetes(layers: readonly { readonly name: string; readonly type: string }[], path: string): FieldCause[] {
  const declared = layers.filter((layer) => layer.type === 'kubernetes');
  if (declared.length === 1) return [];
  const found = declared.length === 0 ? 'none' : declared.map((layer) => layer.name).join(', ');
  return [requiredField(path, `there must be exactly one layer of type kubernetes; found: ${found}`)];
}

function factsOf({ input, layers }: Work, kubernetesVersion: () => Known): ReferenceInput['facts'] {
  const [first] = input.profiles;
  const version = layers.some(({ layer }) => layer.type === 'kubernetes') ? { kubernetesVersion } : {};
  return {
    ...CLUSTER_NETWORK,
    ...(first === undefined || first.ref.name === '' ? {} : { profile: first.ref.name, profileVersion: first.version.version }),
    ...version,
    ...input.facts,
  };
}

function variablesOf(work: Work): ReadonlyMap<string, Known> {
  const { input, mode, causes } = work;
  const declared = stackVariables(input.profiles, causes);
  return resolveVariables({
    declared,
    given: input.variables,
    path: input.variablesPath ?? 'spec.variables',
    secrets: input.secrets,
    unset: mode.unset ?? false,
    // A variable that asks for the version of Kubernetes would have to be known before itself, where that version asks for it.
    others: createReferences(referenceInput(work, { variables: new Map(), declared: [], layers: new Map(), kubernetes: undefined })),
    budget: work.budget,
    causes,
    secretTexts: work.secretTexts,
  });
}

function referenceInput(
  work: Work,
  found: Pick<ReferenceInput, 'variables' | 'declared' | 'layers'> & {
    kubernetes: (() => Known) | undefined;
    shared?: Pick<ReferenceInput, 'trail' | 'seen'>;
  },
): ReferenceInput {
  const { input, mode, causes, secretTexts, budget } = work;
  const { kubernetes, shared, ...rest } = found;
  const facts = factsOf(work, kubernetes ?? (() => plainKubernetes(work)));
  return {
    ...rest,
    facts,
    macros: input.macros ?? {},
    partial: mode.partial ?? false,
    unset: mode.unset ?? false,
    budget,
    causes,
    secretTexts,
    ...(shared ?? { trail: [], seen: new Map() }),
  };
}

const kubernetesLayer = (layers: readonly StackLayer[]): StackLayer | undefined => layers.find(({ layer }) => layer.type === 'kubernetes');

/** For variables: the version as it is written, when it refers to nothing. */
function plainKubernetes({ layers }: Work): Known {
  const text = kubernetesLayer(layers)?.layer.builtin?.version ?? '';
  const hasReference = text.includes('{{');
  return { value: hasReference ? '' : text, secret: false, unsure: hasReference, weight: text.length };
}

function layersOf(work: Work, variables: ReadonlyMap<string, Known>): ResolvedLayer[] {
  const { input, layers, causes } = work;
  const whole = `${pathOf(input.profiles[0] as StackProfile)}.layers`;
  const ordered = orderLayers(
    layers.map((entry) => ({ ...entry.layer, entry })),
    { fieldOf: (index) => layers[index]?.path ?? whole, whole, partial: work.mode.partial ?? false },
    causes,
  );
  const scopes = scopesOf(work, variables);
  const all = layers.map(({ layer }) => layer);
  return ordered.flatMap(({ entry }) => {
    const { scope, pack, values } = scopes(entry);
    const made = resolveLayer({ entry, all, values, pack, scope, unset: work.mode.unset ?? false });
    return input.profiles.length === 1 ? made : made.map((layer) => ({ ...layer, profile: entry.profile.ref }));
  });
}

interface LayerScope {
  readonly scope: FillScope;
  readonly pack: PackInfo | undefined;
  readonly values: RawValues;
}

/** For each layer what its references can see: the variables of its own profile, and the values of every layer. */
function scopesOf(work: Work, variables: ReadonlyMap<string, Known>): (entry: StackLayer) => LayerScope {
  const { input, layers, causes, budget, secretTexts } = work;
  const shared = { trail: [], seen: new Map<string, Found>() };
  const texts = new Map<string, LayerTexts>();
  const byProfile = new Map<StackProfile, References>();
  const kubernetes = (): Known => {
    const entry = kubernetesLayer(layers);
    const own = entry?.layer.builtin?.version ?? '';
    return fill(own, `${entry?.path}.builtin.version`, scopeOf(entry?.profile as StackProfile));
  };
  const referencesOf = (profile: StackProfile): References => {
    const known = byProfile.get(profile);
    if (known !== undefined) return known;
    const declared = profile.version.variables.map(({ name }) => name);
    const made = createReferences(referenceInput(work, { variables, declared, layers: texts, kubernetes, shared }));
    byProfile.set(profile, made);
    return made;
  };
  const scopeOf = (profile: StackProfile): FillScope => ({ references: referencesOf(profile), budget, causes, secretTexts });
  const found = new Map<StackLayer, LayerScope>();
  for (const entry of layers) {
    const scope = scopeOf(entry.profile);
    const pack = packOf(entry, scope, input.packs);
    const values = rawValues(entry, pack, input.overrides?.[entry.layer.name], causes);
    found.set(entry, { scope, pack, values });
    texts.set(entry.layer.name, {
      values: values.seen,
      namespace: entry.layer.namespace,
      version: entry.layer.chart?.version ?? entry.layer.builtin?.version,
      path: `${entry.path}.values`,
      references: () => referencesOf(entry.profile),
      partly: entry.layer.chart !== undefined && pack === undefined,
    });
  }
  return (entry) => found.get(entry) as LayerScope;
}

/** What is known of a layer's pack. Its name and version are filled in again with the rest; here nothing is wrong yet. */
function packOf({ layer, path }: StackLayer, scope: FillScope, packs: ResolveInput['packs']): PackInfo | undefined {
  if (layer.chart === undefined || packs === undefined) return undefined;
  const quiet = { ...scope, causes: [] };
  const [name, version] = [layer.chart.name, layer.chart.version].map((text) => String(fill(text, path, quiet).value));
  return packs.get(packKey({ ...layer.chart, name: name ?? '', version: version ?? '' }));
}

function kubernetesVersionOf({ input, layers, causes, mode }: Work, resolved: readonly ResolvedLayer[]): string {
  if (!mode.partial)
    causes.push(
      ...oneKubernetes(
        layers.map(({ layer }) => layer),
        `${pathOf(input.profiles[0] as StackProfile)}.layers`,
      ),
    );
  const layer = resolved.find((candidate) => candidate.type === 'kubernetes');
  if (layer?.content.type !== 'builtin') return '';
  const version = parseKubernetesVersion(layer.content.version);
  if (version) return formatKubernetesVersion(version);
  const entry = kubernetesLayer(layers);
  // A version that clusters choose is checked when they do.
  if (mode.unset && entry?.layer.builtin?.version.includes('{{')) return '';
  causes.push(
    invalidField(`${entry?.path}.builtin.version`, `must be a Kubernetes version such as 1.35.4, not "${layer.content.version}"`),
  );
  return '';
}
