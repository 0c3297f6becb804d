import type { FieldCause } from '@slipway/kit';
import type { LAYER_TYPES } from '../cluster-profile/layer.ts';
import { invalidField, listOf, requiredField } from '../meta/causes.ts';
import type { Values } from '../meta/merge-values.ts';
import type { PackConstraints, PackDependency } from './metadata.ts';
import { checkResources, type ClusterCapacity } from './resources.ts';
import { inRange, newestInRanges } from './version-range.ts';

/** One layer as the constraints see it. */
export interface ConstrainedLayer {
  readonly name: string;
  readonly type: (typeof LAYER_TYPES)[number];
  /** Where the layer is written, for causes: `spec.versions[0].layers[2]`. */
  readonly field: string;
  /** Name and version of its pack; for builtin layers the builtin's. */
  readonly pack: { readonly name: string; readonly version: string };
  /** Undefined for layers that say nothing about themselves. */
  readonly constraints?: PackConstraints | undefined;
  /** What its templates see (`effectiveValues`), for resources that are read from values. */
  readonly values?: Values;
  /** The version that the cluster has now, when it has one. */
  readonly previous?: string | undefined;
  /** Its version is not known yet: it can be one that suits everybody. */
  readonly unsure?: boolean;
}

/** A version that a registry has, with what is known of it. */
export interface KnownVersion {
  readonly version: string;
  readonly constraints?: Pick<PackConstraints, 'kubernetes' | 'upgradeFrom'> | undefined;
}

export interface ConstraintInput {
  readonly layers: readonly ConstrainedLayer[];
  /** What is not known yet (a profile without a cluster) is not checked. */
  readonly kubernetesVersion?: string | undefined;
  readonly cloud?: string | undefined;
  /** Of the machines: `amd64`, … */
  readonly architectures?: readonly string[] | undefined;
  readonly capacity?: ClusterCapacity | undefined;
  /** By pack name: the versions there are, for advice. */
  readonly known?: Readonly<Record<string, readonly KnownVersion[]>>;
}

/**
 * Every constraint of every layer that does not hold. The field of a cause is the layer to blame, the one whose change would mend it; the message names the layer that
 * asks, the reason, and a version that would do when one is known. Pure; an empty list means that all of them hold.
 */
export function checkConstraints(input: ConstraintInput): FieldCause[] {
  return input.layers.flatMap((layer) => {
    const { constraints } = layer;
    if (!constraints) return [];
    return [
      ...constraints.dependencies.flatMap((dependency) => checkDependency(layer, dependency, input)),
      ...checkKubernetes(layer, constraints, input),
      ...checkPlaces(layer, constraints, input),
      ...checkUpgrade(layer, constraints, input),
      ...checkResources(layer, constraints, input.capacity),
    ];
  });
}

const titleOf = (layer: ConstrainedLayer): string => `"${layer.name}" (${layer.pack.name} ${layer.pack.version})`;
const anyVersion = (range: string): boolean => range.trim() === '*' || range.trim() === '';
const wanted = ({ pack, version }: PackDependency): string => (anyVersion(version) ? pack : `${pack} ${version}`);

function checkDependency(layer: ConstrainedLayer, dependency: PackDependency, input: ConstraintInput): FieldCause[] {
  const candidates = input.layers.filter(
    (other) =>
      other !== layer && other.pack.name === dependency.pack && (dependency.layer === undefined || other.type === dependency.layer),
  );
  const fits = (other: ConstrainedLayer): boolean =>
    other.unsure === true ? dependency.type !== 'conflicts' : inRange(other.pack.version, dependency.version);
  switch (dependency.type) {
    case 'required':
      if (candidates.length === 0) return [missing(layer, dependency, input)];
      return candidates.some(fits) ? [] : candidates.map((other) => outOfRange(layer, other, dependency, input));
    case 'optional':
      return candidates.filter((other) => !fits(other)).map((other) => outOfRange(layer, other, dependency, input));
    case 'conflicts':
      return candidates.filter(fits).map((other) => conflict(layer, other, dependency, input));
  }
}

/** Whether a cause is that something is not there; all others are about what is there. */
export const isMissing = ({ reason }: FieldCause): boolean => reason === 'FieldValueRequired';

function missing(layer: ConstrainedLayer, dependency: PackDependency, input: ConstraintInput): FieldCause {
  const layerType = dependency.layer === undefined ? 'a layer' : `a layer of type ${dependency.layer}`;
  const advice = adviceFor(dependency.pack, [dependency.version], input);
  return requiredField(
    layer.field,
    `layer ${titleOf(layer)} needs ${layerType} with the pack ${wanted(dependency)}, and there is none; add it${advice === undefined ? '' : `: ${advice}`}`,
  );
}

/** The version to take must suit everybody who asks for that pack, or the advice would only move the trouble. */
function outOfRange(layer: ConstrainedLayer, other: ConstrainedLayer, dependency: PackDependency, input: ConstraintInput): FieldCause {
  const ranges = input.layers.flatMap((asking) =>
    (asking.constraints?.dependencies ?? [])
      .filter((one) => one.pack === dependency.pack && one.type !== 'conflicts' && (one.layer === undefined || one.layer === other.type))
      .map((one) => one.version),
  );
  return invalidField(
    other.field,
    `layer ${titleOf(other)} does not suit layer ${titleOf(layer)}, which needs ${wanted(dependency)}${withAdvice(adviceFor(dependency.pack, ranges, input))}`,
  );
}

function conflict(layer: ConstrainedLayer, other: ConstrainedLayer, dependency: PackDependency, input: ConstraintInput): FieldCause {
  const fine = (input.known?.[dependency.pack] ?? [])
    .map(({ version }) => version)
    .filter((version) => !inRange(version, dependency.version));
  const [best] = [newestInRanges(fine, ['*'])];
  const advice = best === undefined ? '; remove one of the two' : `; ${dependency.pack} ${best} would do`;
  return invalidField(
    other.field,
    `layer ${titleOf(other)} conflicts with layer ${titleOf(layer)}, which does not work with ${wanted(dependency)}${advice}`,
  );
}

function checkKubernetes(layer: ConstrainedLayer, { kubernetes }: PackConstraints, input: ConstraintInput): FieldCause[] {
  const { kubernetesVersion } = input;
  if (kubernetes === undefined || kubernetesVersion === undefined || inRange(kubernetesVersion, kubernetes)) return [];
  const fine = (input.known?.[layer.pack.name] ?? [])
    .filter((one) => one.constraints?.kubernetes !== undefined && inRange(kubernetesVersion, one.constraints.kubernetes))
    .map(({ version }) => version);
  const best = newestInRanges(fine, ['*']);
  const advice = best === undefined ? undefined : `${layer.pack.name} ${best} would do`;
  return [
    invalidField(layer.field, `layer ${titleOf(layer)} needs Kubernetes ${kubernetes}, not ${kubernetesVersion}${withAdvice(advice)}`),
  ];
}

function checkPlaces(layer: ConstrainedLayer, { clouds, architectures }: PackConstraints, input: ConstraintInput): FieldCause[] {
  const causes: FieldCause[] = [];
  const { cloud } = input;
  if (cloud !== undefined && cloud !== 'any' && clouds.length > 0 && !clouds.includes(cloud))
    causes.push(
      invalidField(layer.field, `layer ${titleOf(layer)} works on ${listOf(clouds)}, not on ${cloud}; use another pack, or another cloud`),
    );
  const foreign = (input.architectures ?? []).filter((one) => architectures.length > 0 && !architectures.includes(one));
  if (foreign.length > 0)
    causes.push(
      invalidField(
        layer.field,
        `layer ${titleOf(layer)} runs on machines of ${listOf(architectures)}, and the cluster has ${listOf(foreign)}; use another pack or other machines`,
      ),
    );
  return causes;
}

function checkUpgrade(layer: ConstrainedLayer, { upgradeFrom }: PackConstraints, input: ConstraintInput): FieldCause[] {
  const { previous, pack } = layer;
  if (upgradeFrom === undefined || previous === undefined || previous === pack.version || inRange(previous, upgradeFrom)) return [];
  // A step on the way: one that may come from where the cluster is, and from which this version may be reached.
  const steps = (input.known?.[pack.name] ?? [])
    .filter(
      (one) =>
        inRange(one.version, upgradeFrom) && (one.constraints?.upgradeFrom === undefined || inRange(previous, one.constraints.upgradeFrom)),
    )
    .map(({ version }) => version);
  const best = newestInRanges(steps, ['*']);
  const advice = best === undefined ? `go by a version in ${upgradeFrom} first` : `go to ${best} first`;
  return [
    invalidField(
      layer.field,
      `layer ${titleOf(layer)} can be reached from ${upgradeFrom} only, and the cluster has ${previous}; ${advice}`,
    ),
  ];
}

const withAdvice = (advice: string | undefined): string => (advice === undefined ? '' : `; ${advice}`);

/** `cert-manager 1.14.2 would do`; undefined when no versions are known. */
function adviceFor(pack: string, ranges: readonly string[], input: ConstraintInput): string | undefined {
  const known = input.known?.[pack];
  if (known === undefined || known.length === 0) return undefined;
  const best = newestInRanges(
    known.map(({ version }) => version),
    ranges,
  );
  if (best !== undefined) return `${pack} ${best} would do`;
  return `no known version of ${pack} is in ${listOf([...new Set(ranges)])}`;
}
