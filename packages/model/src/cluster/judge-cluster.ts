import type { CloudAccountSpec } from '../cloud-account/cloud-account.ts';
import { rawValues } from '../cluster-profile/layer-values.ts';
import { referencesIn } from '../cluster-profile/macro-table.ts';
import { resolve } from '../cluster-profile/resolve.ts';
import { packKey } from '../cluster-profile/resolve-input.ts';
import type { ChartRef, ResolvedLayer, ResolvedProfile } from '../cluster-profile/resolved.ts';
import { type StackLayer, stackLayers } from '../cluster-profile/stack.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import type { AdmissionReads } from '../meta/define-kind.ts';
import { joinPath } from '../meta/diff.ts';
import type { Values } from '../meta/merge-values.ts';
import type { ApiObject } from '../meta/object.ts';
import type { PathStep } from '../meta/value-path.ts';
import { valueAt } from '../meta/value-path.ts';
import { judgeLayers, type JudgedLayer, type LayersVerdict, packAnswers, type ValuePlace } from '../pack/judge-layers.ts';
import type { PackInfo } from '../pack/pack-info.ts';
import type { PackAnswer, PackReads } from '../pack/pack-reads.ts';
import type { ClusterCapacity } from '../pack/resources.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { ClusterSpec } from './cluster.ts';

type ClusterObject = ApiObject<ClusterSpec, any>;
type Pool = ApiObject<MachinePoolSpec, any>;

export interface JudgedCluster {
  readonly cluster: ClusterObject;
  readonly stack: ClusterStack;
  /** The stack resolved without its packs. */
  readonly resolved: ResolvedProfile;
  /** What it was made of before, for the way of an upgrade. */
  readonly previous?: ResolvedProfile | undefined;
}

/** What is wrong with a cluster by its packs: these can be had, its values are as their schemas say once variables are filled in, every constraint holds. */
export async function judgeCluster(input: JudgedCluster, reads: AdmissionReads, packs: PackReads): Promise<LayersVerdict> {
  const { cluster, stack } = input;
  const project = cluster.metadata.namespace;
  const answers = await packAnswers(packs, chartsOf(input.resolved), project);
  const known = new Map([...answers].flatMap(([key, answer]) => (answer.type === 'known' ? [[key, answer.info] as const] : [])));
  const resolved = known.size === 0 ? undefined : resolve({ ...stack.input, packs: known });
  if (resolved?.ok === false) return { ...NOTHING_WRONG, wrong: resolved.causes };
  const profile = resolved?.profile ?? input.resolved;
  const account: ApiObject<CloudAccountSpec> | undefined = await reads.get('CloudAccount', cluster.spec.cloudAccount);
  return judgeLayers({
    layers: judgedLayers(input, profile, { answers, known }),
    packs,
    project,
    kubernetesVersion: profile.kubernetesVersion,
    cloud: account?.spec.cloud,
    capacity: capacityOf(cluster.spec, await poolsOf(cluster, reads)),
  });
}

const NOTHING_WRONG: LayersVerdict = { wrong: [], missing: [], tooLarge: [], noRegistry: [], unread: [], unseen: [] };

const chartsOf = ({ layers }: ResolvedProfile): ChartRef[] => layers.flatMap(({ content }) => (content.type === 'chart' ? [content] : []));

async function poolsOf({ metadata }: ClusterObject, reads: AdmissionReads): Promise<Pool[]> {
  const pools: Pool[] = await reads.list('MachinePool', metadata.namespace);
  return pools.filter((pool) => pool.spec.cluster === metadata.name && pool.metadata.deletionTimestamp === undefined);
}

/** What the machines have together; a size that somebody left open makes that resource unknown. */
function capacityOf({ controlPlane }: ClusterSpec, pools: readonly Pool[]): ClusterCapacity {
  const groups = [controlPlane, ...pools.map(({ spec }) => spec)].filter(({ replicas }) => replicas > 0);
  const sum = (each: (group: (typeof groups)[number]) => number | undefined): number | undefined =>
    groups.reduce<number | undefined>((total, group) => {
      const one = each(group);
      return total === undefined || one === undefined ? undefined : total + one * group.replicas;
    }, 0);
  return {
    cpu: sum(({ size }) => size.cpu),
    memory: sum(({ size }) => (size.memoryMiB === undefined ? undefined : size.memoryMiB * 2 ** 20)),
    controlPlanes: controlPlane.replicas,
    workers: pools.reduce((total, { spec }) => total + spec.replicas, 0),
  };
}

interface Known {
  readonly answers: ReadonlyMap<string, PackAnswer>;
  readonly known: ReadonlyMap<string, PackInfo>;
}

function judgedLayers(input: JudgedCluster, profile: ResolvedProfile, { answers, known }: Known): JudgedLayer[] {
  const { stack, resolved, previous } = input;
  const charts = new Map(resolved.layers.flatMap(({ name, content }) => (content.type === 'chart' ? [[name, content] as const] : [])));
  const layers = new Map(profile.layers.map((layer) => [layer.name, layer]));
  return stackLayers(stack.input.profiles, []).flatMap((entry) => {
    const layer = layers.get(entry.layer.name);
    if (layer === undefined) return [];
    const chart = charts.get(layer.name);
    const key = chart && packKey(chart);
    const pack = key === undefined ? undefined : known.get(key);
    return [
      {
        name: layer.name,
        type: layer.type,
        path: entry.path,
        pack: packOf(layer) ?? chart,
        answer: key === undefined ? undefined : answers.get(key),
        chart,
        given: layer.content.type === 'chart' ? layer.content.values : {},
        placeOf: (steps: readonly PathStep[]) => placeIn({ entry, layer, override: stack.input.overrides?.[layer.name], pack }, steps),
        previous: previousOf(layer, previous),
      },
    ];
  });
}

const packOf = ({ content }: ResolvedLayer): { name: string; version: string } | undefined =>
  content.type === 'manifests' ? undefined : { name: content.name, version: content.version };

/** The version of the same pack that the layer had. */
function previousOf(layer: ResolvedLayer, previous: ResolvedProfile | undefined): string | undefined {
  const before = previous?.layers.find(({ name }) => name === layer.name);
  const [was, is] = [before && packOf(before), packOf(layer)];
  return was?.name === is?.name ? was?.version : undefined;
}

interface Written {
  readonly entry: StackLayer;
  readonly layer: ResolvedLayer;
  /** What of the cluster's own holds with this version. */
  readonly override: Values | undefined;
  readonly pack: PackInfo | undefined;
}

/** Where somebody has to mend a value: in the cluster's override, in the variable that it comes from, or in the profile. */
function placeIn({ entry, layer, override, pack }: Written, steps: readonly PathStep[]): ValuePlace | undefined {
  const isHidden = (layer.secrets ?? []).some(({ at }) => {
    const shared = Math.min(at.length, steps.length);
    return at.slice(0, shared).every((step, index) => step === steps[index]);
  });
  // Secrets are not opened here: what stands for them says nothing.
  if (isHidden) return undefined;
  if (override !== undefined && valueAt(override, steps) !== undefined)
    return { field: `${joinPath('spec.overrides', layer.name)}.values` };
  const raw = valueAt(rawValues(entry, pack, override, []).given, steps);
  const [variable, ...others] = typeof raw === 'string' ? referencesIn(raw).filter(({ root }) => root === 'var') : [];
  if (variable !== undefined && others.length === 0) return { field: joinPath('spec.variables', variable.name), whole: true };
  return { field: `${entry.path}.values` };
}
