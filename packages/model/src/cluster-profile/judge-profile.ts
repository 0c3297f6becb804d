import type { FieldCause } from '@slipway/kit';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import { type PathStep, valueAt } from '../meta/value-path.ts';
import type { ApiObject } from '../meta/object.ts';
import { scopeOfKind } from '../meta/scopes.ts';
import { judgeLayers, type JudgedLayer, type LayersVerdict, packAnswers, type ValuePlace } from '../pack/judge-layers.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import type { PackAnswer, PackReads } from '../pack/pack-reads.ts';
import type { ClusterProfileSpec, ClusterProfileStatus, ProfileVersion } from './cluster-profile.ts';
import { rawValues, yamlValues } from './layer-values.ts';
import { referencesIn } from './macro-table.ts';
import { PROFILE_FAMILY } from './profile-ref.ts';
import { isPublished } from './published.ts';
import { packKey } from './resolve-input.ts';
import { resolveStack } from './resolve-stack.ts';
import type { ChartRef } from './resolved.ts';
import { type StackLayer, stackLayers, type StackProfile } from './stack.ts';

type Profile = ApiObject<ClusterProfileSpec, ClusterProfileStatus>;
type Input = Pick<AdmissionInput<ClusterProfileSpec, ClusterProfileStatus>, 'object' | 'old' | 'reads' | 'warn'>;

const UNSEEN = 'Save the version as a draft meanwhile, or try again when its registry answers.';
const sentence = ({ field, message }: FieldCause): string => `${field}: ${message}`;

/**
 * What is wrong with the versions that a write adds or changes, by the packs they name. Of a draft it is only told: it may be half done. Published versions that are
 * already there are not asked about again: they stay as they are, and their registries may be gone.
 */
export async function packCausesOfProfile({ object, old, reads, warn }: Input): Promise<FieldCause[]> {
  // The registries of a profile of the installation are those of whoever makes a cluster of it.
  if (reads.packs === undefined || scopeOfKind(PROFILE_FAMILY, object.kind) === 'system') return [];
  const causes: FieldCause[] = [];
  for (const [index, version] of object.spec.versions.entries()) {
    const before = old?.spec.versions.find((one) => one.version === version.version);
    if (before !== undefined && deepEqual(before, version)) continue;
    const { refused, told } = await judgeVersion(object, { version, path: `spec.versions[${index}]`, packs: reads.packs });
    const isDraft = !isPublished(version);
    if (!isDraft) causes.push(...refused);
    for (const cause of isDraft ? [...refused, ...told] : told) warn?.(sentence(cause));
  }
  return causes;
}

interface Judgement {
  readonly refused: readonly FieldCause[];
  readonly told: readonly FieldCause[];
}

interface Candidate {
  readonly version: ProfileVersion;
  readonly path: string;
  readonly packs: PackReads;
}

async function judgeVersion({ metadata, spec }: Profile, { version, path, packs }: Candidate): Promise<Judgement> {
  const profile: StackProfile = { ref: { scope: 'tenant', name: '', version: version.version }, version, path };
  const project = metadata.namespace;
  const entries = stackLayers([profile], []);
  const charts = entries.flatMap((entry) => chartOf(entry, project) ?? []);
  const answers = await packAnswers(packs, charts, project);
  const known = new Map([...answers].flatMap(([key, answer]) => (answer.type === 'known' ? [[key, answer.info] as const] : [])));
  const verdict = await judgeLayers({
    layers: entries.map((entry) => judgedLayer(entry, answers, project)),
    packs,
    project,
    kubernetesVersion: kubernetesOf(version),
    cloud: spec.cloud,
  });
  return judgementOf(verdict, { causes: causesOfPacks(profile, known, spec.type), isWhole: spec.type === 'full' });
}

/** Presets that a pack has not, references that lead nowhere once it is known what the pack has. Without packs they were looked for before. */
function causesOfPacks(
  profile: StackProfile,
  packs: ReadonlyMap<string, PackInfo>,
  type: ClusterProfileSpec['type'],
): readonly FieldCause[] {
  if (packs.size === 0) return [];
  const resolved = resolveStack({ profiles: [profile], variables: {}, packs }, { unset: true, partial: type === 'addon' });
  return resolved.ok ? [] : resolved.causes;
}

function judgementOf(verdict: LayersVerdict, { causes, isWhole }: { causes: readonly FieldCause[]; isWhole: boolean }): Judgement {
  return {
    refused: [
      ...causes,
      ...verdict.wrong,
      // What a profile lacks that is only a part of a cluster, its other profiles may bring.
      ...(isWhole ? verdict.missing : []),
      ...verdict.unseen.map((cause) => ({ ...cause, message: `${cause.message} ${UNSEEN}` })),
    ],
    // A registry may be made after the profile that names it; until then no cluster is made of it.
    told: [...verdict.noRegistry, ...verdict.unread],
  };
}

/** Which chart a layer has, where that is the same for every cluster. */
function chartOf({ layer: { chart } }: StackLayer, project: string | undefined): ChartRef | undefined {
  if (chart === undefined || referencesIn([chart.name, chart.version]).length > 0) return undefined;
  return chart.registryScope === 'project' && project === undefined ? undefined : chart;
}

function judgedLayer(entry: StackLayer, answers: ReadonlyMap<string, PackAnswer>, project: string | undefined): JudgedLayer {
  const { layer, path } = entry;
  const chart = chartOf(entry, project);
  const answer = chart && answers.get(packKey(chart));
  const { given } = rawValues(entry, answer?.type === 'known' ? answer.info : undefined, undefined, []);
  const pack = layer.chart ?? layer.builtin;
  return {
    name: layer.name,
    type: layer.type,
    path,
    pack: pack && { name: pack.name, version: pack.version },
    unsure: pack !== undefined && referencesIn([pack.name, pack.version]).length > 0,
    answer,
    chart,
    given,
    placeOf: (steps) => placeIn(entry, given, steps),
  };
}

/** What holds a reference is known only where a cluster is made. */
function placeIn(entry: StackLayer, given: JudgedLayer['given'], steps: readonly PathStep[]): ValuePlace | undefined {
  if (referencesIn(valueAt(given, steps)).length > 0) return undefined;
  const { layer, path } = entry;
  const inText = valueAt(layer.values, steps) === undefined && valueAt(yamlValues(entry, []), steps) !== undefined;
  return { field: `${path}.${inText ? 'valuesYaml' : 'values'}` };
}

function kubernetesOf({ layers }: ProfileVersion): string | undefined {
  const version = layers.find(({ type }) => type === 'kubernetes')?.builtin?.version;
  return version === undefined || referencesIn(version).length > 0 ? undefined : version;
}
