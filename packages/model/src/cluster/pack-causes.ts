import type { FieldCause } from '@slipway/kit';
import { resolve } from '../cluster-profile/resolve.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { readClusterStack } from './cluster-stack.ts';
import type { ClusterSpec, ClusterStatus } from './cluster.ts';
import { judgeCluster } from './judge-cluster.ts';

type Input = AdmissionInput<ClusterSpec, ClusterStatus>;
type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

/** Whatever packs and what is given to them depend on. */
const madeOf = ({ spec }: ClusterObject): unknown => [
  spec.profile,
  spec.addons,
  spec.variables,
  spec.secretVariablesFrom,
  spec.overrides,
  spec.cloudAccount,
  spec.controlPlane,
];

/** What is wrong by its packs, and was not before. What nobody can say now is told and refuses nothing: layers wait for their charts. */
export async function packCausesOfCluster({ object, old, reads, tenant, warn }: Input): Promise<FieldCause[]> {
  const { packs } = reads;
  if (packs === undefined || (old && deepEqual(madeOf(object), madeOf(old)))) return [];
  const before = old && (await resolvedStack(old, { reads, tenant }));
  const after = await resolvedStack(object, { reads, tenant });
  if (after === undefined) return [];
  const verdict = await judgeCluster({ ...after, cluster: object, previous: before?.resolved }, reads, packs);
  const refused = [...verdict.wrong, ...verdict.missing, ...verdict.noRegistry];
  // Pools of a new cluster are made after it.
  const told = [...verdict.unread, ...verdict.unseen, ...(old ? [] : verdict.tooLarge)];
  for (const { field, message } of told) warn?.(`${field}: ${message}`);
  const causes = old ? [...refused, ...verdict.tooLarge] : refused;
  if (causes.length === 0 || before === undefined || old === undefined) return causes;
  const known = await judgeCluster({ ...before, cluster: old }, reads, packs);
  const small = new Set(known.tooLarge.map(({ field }) => field));
  return [
    ...newCauses(refused, [...known.wrong, ...known.missing, ...known.noRegistry]),
    // By how much it is too small may change.
    ...verdict.tooLarge.filter(({ field }) => !small.has(field)),
  ];
}

/** Layers that need more than the machines of a cluster have together once a pool is as given. */
export async function tooLargeWith(
  pool: ApiObject<MachinePoolSpec, any>,
  cluster: ClusterObject,
  { reads, tenant }: Pick<Input, 'reads' | 'tenant'>,
): Promise<readonly FieldCause[]> {
  const made = reads.packs && (await resolvedStack(cluster, { reads, tenant }));
  if (reads.packs === undefined || made === undefined) return [];
  const list: AdmissionReads['list'] = async (kind, project) => {
    const stored = await reads.list(kind, project);
    return kind === 'MachinePool' ? [...stored.filter(({ metadata }) => metadata.name !== pool.metadata.name), pool] : stored;
  };
  return (await judgeCluster({ ...made, cluster }, { ...reads, list }, reads.packs)).tooLarge;
}

async function resolvedStack(object: ClusterObject, { reads, tenant }: Pick<Input, 'reads' | 'tenant'>) {
  const stack = await readClusterStack(object, tenant, reads);
  const resolved = stack.causes.length > 0 ? undefined : resolve(stack.input);
  return resolved?.ok ? { stack, resolved: resolved.profile } : undefined;
}

/** What of it nobody said before: who changes something else is not held up by what was wrong already. */
const newCauses = (after: readonly FieldCause[], before: readonly FieldCause[]): FieldCause[] => {
  const known = new Set(before.map(({ field, message }) => `${field}: ${message}`));
  return after.filter(({ field, message }) => !known.has(`${field}: ${message}`));
};
