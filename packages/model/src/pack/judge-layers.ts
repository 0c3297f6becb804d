import type { FieldCause } from '@slipway/kit';
import type { LAYER_TYPES } from '../cluster-profile/layer.ts';
import type { ChartRef } from '../cluster-profile/resolved.ts';
import { packKey } from '../cluster-profile/resolve-input.ts';
import { invalidField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { effectiveValues, type Values } from '../meta/merge-values.ts';
import { type PathStep, splitPath } from '../meta/value-path.ts';
import { checkConstraints, type ConstrainedLayer, type ConstraintInput, isMissing, type KnownVersion } from './constraints.ts';
import { NO_METADATA, type PackConstraints } from './metadata.ts';
import type { PackAnswer, PackReads } from './pack-reads.ts';
import { checkResources } from './resources.ts';

/** Where a wrong value was said. */
export interface ValuePlace {
  /** What the path of the value is put behind, or the field itself when `whole`. */
  readonly field: string;
  readonly whole?: boolean;
}

/** One layer, as far as its pack is concerned. */
export interface JudgedLayer {
  readonly name: string;
  readonly type: (typeof LAYER_TYPES)[number];
  /** Where it is written: `spec.versions[0].layers[2]`. */
  readonly path: string;
  /** Of its chart, or of what the machine brings; undefined for manifests. */
  readonly pack: { readonly name: string; readonly version: string } | undefined;
  /** Which version is chosen by each cluster. */
  readonly unsure?: boolean;
  /** What is known of its chart; undefined for layers without one, and where it is not known yet which it is. */
  readonly answer?: PackAnswer | undefined;
  readonly chart?: ChartRef | undefined;
  /** What is given to the pack. */
  readonly given: Values;
  /** Undefined where the value cannot be judged: it is not known yet, or hidden. */
  readonly placeOf: (steps: readonly PathStep[]) => ValuePlace | undefined;
  /** The version that the cluster has now. */
  readonly previous?: string | undefined;
}

export interface JudgeInput extends Pick<ConstraintInput, 'kubernetesVersion' | 'cloud' | 'capacity'> {
  readonly layers: readonly JudgedLayer[];
  readonly packs: PackReads;
  /** Where registries of a project are looked for. */
  readonly project: string | undefined;
}

/** What is wrong, by how certain and how bad it is; who asks decides what follows. */
export interface LayersVerdict {
  /** Will never work as it is. */
  readonly wrong: readonly FieldCause[];
  /** What a pack needs and no layer here gives. */
  readonly missing: readonly FieldCause[];
  /** More than all nodes together have. */
  readonly tooLarge: readonly FieldCause[];
  readonly noRegistry: readonly FieldCause[];
  /** Packs that nobody can read now, though it is known that there are such; their values are not checked. */
  readonly unread: readonly FieldCause[];
  /** Packs that nobody can read now and nobody has ever seen. */
  readonly unseen: readonly FieldCause[];
}

/** What is known of every chart of a stack, by {@link packKey}; asked for all at once. */
export async function packAnswers(
  packs: PackReads,
  charts: readonly ChartRef[],
  project: string | undefined,
): Promise<Map<string, PackAnswer>> {
  const byKey = new Map(charts.map((chart) => [packKey(chart), chart]));
  const answers = await Promise.all([...byKey].map(async ([key, chart]) => [key, await packs.info(chart, project)] as const));
  return new Map(answers);
}

/** Judges layers by their packs: that these can be had, that values are as their schemas say, and that every constraint holds. */
export async function judgeLayers(input: JudgeInput): Promise<LayersVerdict> {
  const { layers, packs } = input;
  const values = await Promise.all(layers.map((layer) => valueCauses(layer, packs)));
  const found = await constraintCauses(input);
  const away = layers.flatMap((layer) => awayCause(layer));
  return {
    wrong: [...layers.flatMap(refusedCause), ...values.flat(), ...found.filter((cause) => !isMissing(cause))],
    missing: found.filter(isMissing),
    tooLarge: layers.flatMap((layer) => {
      const constrained = constrainedOf(layer);
      return constrained?.constraints ? checkResources(constrained, constrained.constraints, input.capacity) : [];
    }),
    noRegistry: layers.flatMap(registryCause),
    unread: away.filter(({ seen }) => seen).map(({ cause }) => cause),
    unseen: away.filter(({ seen }) => !seen).map(({ cause }) => cause),
  };
}

const titleOf = ({ name, pack }: JudgedLayer): string => `layer "${name}"${pack === undefined ? '' : ` (${pack.name} ${pack.version})`}`;

function refusedCause(layer: JudgedLayer): FieldCause[] {
  const { answer, path } = layer;
  return answer?.type === 'refused' ? [invalidField(`${path}.chart`, `${titleOf(layer)}: ${answer.message.replace(/\.$/, '')}`)] : [];
}

function registryCause(layer: JudgedLayer): FieldCause[] {
  const { answer, chart, path } = layer;
  if (answer?.type !== 'no-registry' || chart === undefined) return [];
  const where = chart.registryScope === 'project' ? 'of this project' : 'of the tenant';
  return [invalidField(`${path}.chart.registry`, `${titleOf(layer)}: there is no registry "${chart.registry}" ${where}`)];
}

function awayCause(layer: JudgedLayer): { seen: boolean; cause: FieldCause }[] {
  const { answer, path } = layer;
  if (answer?.type !== 'away') return [];
  const seen = answer.catalogued !== undefined;
  const what = seen ? 'Its values and its constraints are not checked.' : 'Nobody has seen that version before.';
  const why = answer.message.replace(/\.?$/, '.');
  return [{ seen, cause: invalidField(`${path}.chart`, `${titleOf(layer)} cannot be read now: ${why} ${what}`) }];
}

async function valueCauses(layer: JudgedLayer, packs: PackReads): Promise<FieldCause[]> {
  const { answer, given } = layer;
  if (answer?.type !== 'known' || answer.info.valuesSchema === undefined || answer.info.kind !== 'chart') return [];
  const problems = await packs.check(answer.info, given);
  return problems.flatMap((problem) => {
    const steps = splitPath(problem.field) ?? [];
    const place = layer.placeOf(steps);
    if (place === undefined) return [];
    const title = titleOf(layer);
    return place.whole
      ? [{ ...problem, field: place.field, message: `${title} gets it as values.${problem.field}: ${problem.message}` }]
      : [{ ...problem, field: steps.reduce<string>(joinPath, place.field), message: `${title}: ${problem.message}` }];
  });
}

/** Advice costs reading the catalogue, so it is asked for only when something is wrong. */
async function constraintCauses({ layers, packs, project, kubernetesVersion, cloud }: JudgeInput): Promise<FieldCause[]> {
  const constrained = layers.flatMap((layer) => constrainedOf(layer) ?? []);
  const input = { layers: constrained, kubernetesVersion, cloud };
  if (checkConstraints(input).length === 0) return [];
  const names = constrained.flatMap(({ pack, constraints }) =>
    constraints === undefined ? [] : [pack.name, ...constraints.dependencies.map((dependency) => dependency.pack)],
  );
  return checkConstraints({ ...input, known: await packs.versions([...new Set(names)], project) });
}

function constrainedOf(layer: JudgedLayer): ConstrainedLayer | undefined {
  const { name, type, path, pack, unsure, answer, given, previous } = layer;
  if (pack === undefined) return undefined;
  const known = answer?.type === 'known' ? answer.info : undefined;
  const constraints = known?.metadata.constraints ?? (answer?.type === 'away' ? cataloguedConstraints(answer.catalogued) : undefined);
  return {
    name,
    type,
    field: path,
    pack,
    constraints,
    values: known === undefined ? given : effectiveValues(known.values, given),
    previous,
    ...(unsure === true ? { unsure } : {}),
  };
}

const cataloguedConstraints = (version: KnownVersion | undefined): PackConstraints | undefined =>
  version?.constraints === undefined ? undefined : { ...NO_METADATA.constraints, ...version.constraints };
