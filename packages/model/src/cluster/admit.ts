import type { FieldCause } from '@slipway/kit';
import type { CloudAccountSpec } from '../cloud-account/cloud-account.ts';
import type { ClusterProfileSpec } from '../cluster-profile/cluster-profile.ts';
import { resolve } from '../cluster-profile/resolve.ts';
import type { ResolveResult } from '../cluster-profile/resolved.ts';
import { checkSecretSources } from '../cluster-profile/secret-variables.ts';
import type { Variable } from '../cluster-profile/variable.ts';
import type { GatewaySpec } from '../gateway/gateway.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import { poolName } from '../machine-pool/pool-name.ts';
import { forbiddenField, invalidField, listOf, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual, joinPath } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { conflictCauses, orphanWords, strayCauses } from '../overrides/causes.ts';
import { mergeOverrides, mergePoolOverrides, type OverriddenStack, type OverrideMerge, orphansOf } from '../overrides/merge-stack.ts';
import { type ClusterStack, overriddenStack, readClusterStack } from './cluster-stack.ts';
import type { ClusterSpec, ClusterStatus } from './cluster.ts';
import { refuseVersionMove } from './kubernetes-version.ts';
import { packCausesOfCluster } from './pack-causes.ts';
import { refusePodNetworkMove } from './pod-network.ts';
import { CONTROL_PLANE_SUFFIX, MACHINE_SUFFIX, MAX_LABEL } from './names.ts';

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;
type Admission = Pick<AdmissionInput<ClusterSpec, ClusterStatus>, 'reads' | 'tenant' | 'planned'>;

/** What a cluster names exists, its variables fit, and what changed may change. Updates that leave the spec alone always pass, so that a broken profile never blocks a finalizer. */
export async function admitCluster(input: AdmissionInput<ClusterSpec, ClusterStatus>): Promise<void> {
  const { object, old, reads } = input;
  if (old && deepEqual(old.spec, object.spec)) return;
  const causes: FieldCause[] = [...nameCauses(object), ...(old ? immutableCauses(object, old) : [])];
  causes.push(...(await placeCauses(object, reads)));
  const made = await resolveFor(object, input, causes);
  if (made) {
    const stack = overriddenStack(made.stack, object.spec);
    causes.push(...strayCauses(stack, old?.spec.overrides ?? {}));
    if (old) causes.push(...(await upgradeCauses({ object, old, ...made }, input)));
    const orphans = orphansOf(stack);
    if (orphans.length > 0) input.warn?.(orphanWords(orphans));
  }
  refuseIf(`Cluster "${object.metadata.name}"`, causes);
  // Last, because registries may have to be asked.
  refuseIf(`Cluster "${object.metadata.name}"`, await packCausesOfCluster(input));
}

/** Machine names are made of the cluster's name and are host names, so they must stay DNS labels. */
function nameCauses({ metadata }: ClusterObject): FieldCause[] {
  const limit = MAX_LABEL - CONTROL_PLANE_SUFFIX;
  const causes: FieldCause[] = [];
  if (metadata.name.length > limit) {
    causes.push(
      invalidField('metadata.name', `must have at most ${limit} characters, not ${metadata.name.length}: machines are named after it`),
    );
  }
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(metadata.name)) {
    causes.push(invalidField('metadata.name', 'must hold only lower-case letters, digits and "-": machines are named after it'));
  }
  return causes;
}

function immutableCauses(object: ClusterObject, old: ClusterObject): FieldCause[] {
  return (['cloudAccount', 'gateway'] as const)
    .filter((field) => object.spec[field] !== old.spec[field])
    .map((field) =>
      forbiddenField(`spec.${field}`, `cannot be changed from "${old.spec[field]}": machines do not move; create another cluster there`),
    );
}

async function placeCauses({ spec }: ClusterObject, reads: AdmissionReads): Promise<FieldCause[]> {
  const account: ApiObject<CloudAccountSpec> | undefined = await reads.get('CloudAccount', spec.cloudAccount);
  const gateway: ApiObject<GatewaySpec> | undefined = await reads.get('Gateway', spec.gateway);
  const causes: FieldCause[] = [];
  if (!account) causes.push(await missing({ kind: 'CloudAccount', field: 'spec.cloudAccount', name: spec.cloudAccount, reads }));
  if (!gateway) causes.push(await missing({ kind: 'Gateway', field: 'spec.gateway', name: spec.gateway, reads }));
  if (account && gateway && !gateway.spec.clouds.includes(account.spec.cloud)) {
    causes.push(
      invalidField(
        'spec.gateway',
        `gateway "${spec.gateway}" does not serve the cloud ${account.spec.cloud}; it serves: ${listOf(gateway.spec.clouds)}`,
      ),
    );
  }
  return causes;
}

async function missing({
  kind,
  field,
  name,
  reads,
}: {
  kind: string;
  field: string;
  name: string;
  reads: AdmissionReads;
}): Promise<FieldCause> {
  const there = (await reads.list(kind)).map((object) => object.metadata.name);
  return invalidField(field, `there is no ${kind} "${name}"; there are: ${listOf(there)}`);
}

interface Made {
  readonly stack: ClusterStack;
  readonly resolved: ResolveResult;
}

/** What the cluster would be made of. Secrets are not opened here: what they are is seen where plans are made. */
async function resolveFor(object: ClusterObject, { reads, tenant }: Admission, causes: FieldCause[]): Promise<Made | undefined> {
  const stack = await readClusterStack(object, tenant, reads);
  const account: ApiObject<CloudAccountSpec> | undefined = await reads.get('CloudAccount', object.spec.cloudAccount);
  causes.push(...stack.causes, ...natureCauses(stack.profiles), ...cloudCauses(stack.profiles, account?.spec.cloud));
  if (stack.causes.length > 0) return undefined;
  const resolved = resolve(stack.input);
  if (!resolved.ok) causes.push(...resolved.causes);
  const declared = stack.input.profiles.flatMap(({ version }) => version.variables);
  causes.push(...checkSecretSources(declared, object.spec));
  return { stack, resolved };
}

/** A cluster is made of one profile that can carry it, and of add-ons. */
function natureCauses(profiles: readonly ApiObject<ClusterProfileSpec>[]): FieldCause[] {
  return profiles.flatMap(({ spec, metadata }, index) => {
    if (index === 0)
      return spec.type === 'addon'
        ? [invalidField('spec.profile.name', `"${metadata.name}" is an add-on profile: name it in spec.addons`)]
        : [];
    const isAddon = spec.type === 'addon';
    return isAddon
      ? []
      : [invalidField(`spec.addons[${index - 1}].name`, `"${metadata.name}" is no add-on profile but of the type ${spec.type}`)];
  });
}

function cloudCauses(profiles: readonly ApiObject<ClusterProfileSpec>[], cloud: string | undefined): FieldCause[] {
  return profiles.flatMap(({ spec, metadata }, index) => {
    if (cloud === undefined || spec.cloud === 'any' || spec.cloud === cloud) return [];
    const field = index === 0 ? 'spec.profile.name' : `spec.addons[${index - 1}].name`;
    return [
      invalidField(field, `profile "${metadata.name}" is for the cloud ${spec.cloud}, and the account of the cluster is of ${cloud}`),
    ];
  });
}

interface UpgradeInput extends Made {
  readonly object: ClusterObject;
  readonly old: ClusterObject;
}

async function upgradeCauses({ object, old, resolved, stack: wanted }: UpgradeInput, admission: Admission): Promise<FieldCause[]> {
  const made = ({ spec }: ClusterObject) => [spec.profile, spec.addons, spec.variables, spec.overrides];
  if (deepEqual(made(object), made(old))) return [];
  const stack = await readClusterStack(old, admission.tenant, admission.reads);
  const [from, to] = [overriddenStack(stack, old.spec), overriddenStack(wanted, object.spec)];
  const undecided = admission.planned ? [] : [...mergeOverrides(from, to), ...(await poolMerges(from, to, { old, admission }))];
  return [...conflictCauses(undecided), ...(resolved.ok ? moveCauses({ object, old, stack, resolved }) : [])];
}

/** What pools want otherwise moves with their cluster; decided about it is at the pools, before. */
async function poolMerges(
  from: OverriddenStack,
  to: OverriddenStack,
  { old, admission }: { old: ClusterObject; admission: Admission },
): Promise<OverrideMerge[]> {
  const { name, namespace } = old.metadata;
  if (
    deepEqual(
      from.profiles.map(({ ref }) => ref),
      to.profiles.map(({ ref }) => ref),
    )
  )
    return [];
  const all: ApiObject<MachinePoolSpec>[] = await admission.reads.list('MachinePool', namespace);
  const pools = all.filter(({ spec }) => spec.cluster === name);
  return mergePoolOverrides(from, to, { pools, was: pools });
}

type Resolved = Extract<ResolveResult, { ok: true }>;

/** `stack`: what the cluster is made of now. */
function moveCauses({ object, old, stack, resolved }: Omit<UpgradeInput, 'resolved'> & { readonly resolved: Resolved }): FieldCause[] {
  const was = stack.causes.length > 0 ? undefined : resolve(stack.input);
  const before = was?.ok ? was.profile : undefined;
  const after = resolved.profile.kubernetesVersion;
  // What runs now counts too: while an upgrade is under way, the next one would skip a minor version.
  const running = old.status?.kubernetesVersion;
  const refusals = [
    (before && refuseVersionMove(before.kubernetesVersion, after)) ?? (running && refuseVersionMove(running, after)),
    before && refusePodNetworkMove(before, resolved.profile),
  ];
  const declared = stack.input.profiles.flatMap(({ version }) => version.variables);
  return [
    ...refusals.flatMap((refusal) => (refusal ? [invalidField('spec.profile.version', refusal)] : [])),
    ...immutableVariables(declared, object.spec, old.spec),
  ];
}

/** What a cluster said once about variables that cannot be said otherwise later. */
function immutableVariables(declared: readonly Variable[], after: ClusterSpec, before: ClusterSpec): FieldCause[] {
  const given = ({ variables, secretVariablesFrom }: ClusterSpec, name: string) => [variables[name], secretVariablesFrom[name]];
  return declared
    .filter(({ immutable, name }) => immutable && !deepEqual(given(after, name), given(before, name)))
    .map(({ name }) =>
      forbiddenField(
        joinPath('spec.variables', name),
        'cannot be changed: the profile says that it is given once, when the cluster is made',
      ),
    );
}

/** What is wrong with a pool's name next to its cluster's, for machine names. */
export function poolNameCauses(pool: { metadata: { name: string }; spec: MachinePoolSpec }): FieldCause[] {
  const name = poolName(pool);
  const limit = MAX_LABEL - MACHINE_SUFFIX - 1 - pool.spec.cluster.length;
  if (name.length <= limit) return [];
  const field = pool.spec.pool === undefined ? 'metadata.name' : 'spec.pool';
  return [
    invalidField(
      field,
      `the pool's name "${name}" must have at most ${Math.max(limit, 0)} characters in cluster "${pool.spec.cluster}": machines are named after both`,
    ),
  ];
}
