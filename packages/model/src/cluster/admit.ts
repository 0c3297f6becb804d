import type { FieldCause } from '@slipway/kit';
import type { CloudAccountSpec } from '../cloud-account/cloud-account.ts';
import type { ClusterProfileSpec } from '../cluster-profile/cluster-profile.ts';
import { profileKindAt, type ProfileRef } from '../cluster-profile/profile-ref.ts';
import { isPublished } from '../cluster-profile/published.ts';
import { resolve, type ResolvedProfile, type ResolveResult } from '../cluster-profile/resolve.ts';
import { checkSecretSources } from '../cluster-profile/secret-variables.ts';
import type { GatewaySpec } from '../gateway/gateway.ts';
import { poolName, type MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import { forbiddenField, invalidField, listOf, refuseIf, unsupportedField } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import type { ClusterSpec, ClusterStatus } from './cluster.ts';
import { refuseVersionMove } from './kubernetes-version.ts';
import { refusePodNetworkMove } from './pod-network.ts';
import { CONTROL_PLANE_SUFFIX, MACHINE_SUFFIX, MAX_LABEL } from './names.ts';

type ClusterObject = ApiObject<ClusterSpec, ClusterStatus>;

/** What a cluster names exists, its variables fit, and what changed may change. Updates that leave the spec alone always pass, so that a broken profile never blocks a finalizer. */
export async function admitCluster({ object, old, reads }: AdmissionInput<ClusterSpec, ClusterStatus>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const causes: FieldCause[] = [...nameCauses(object), ...(old ? immutableCauses(object, old) : [])];
  causes.push(...(await placeCauses(object, reads)));
  const resolved = resolveFor(object.spec, await profileOf(object, object.spec.profile, reads), causes);
  if (old && resolved) causes.push(...(await upgradeCauses({ object, old, resolved, reads })));
  refuseIf(`Cluster "${object.metadata.name}"`, causes);
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

/** The profile that a cluster names, where it says that it lives. */
const profileOf = (
  cluster: ClusterObject,
  { scope, name }: ProfileRef,
  reads: AdmissionReads,
): Promise<ApiObject<ClusterProfileSpec> | undefined> =>
  reads.get(profileKindAt(scope), name, scope === 'project' ? cluster.metadata.namespace : undefined);

function resolveFor(
  spec: ClusterSpec,
  profile: ApiObject<ClusterProfileSpec> | undefined,
  causes: FieldCause[],
): ResolveResult | undefined {
  const { scope, name, version } = spec.profile;
  if (!profile) {
    const kind = profileKindAt(scope);
    causes.push(invalidField('spec.profile.name', `there is no ${kind} "${name}"; list them with: slipway get ${kind.toLowerCase()}s`));
    return undefined;
  }
  const found = profile.spec.versions.find((candidate) => candidate.version === version);
  if (!found) {
    const versions = profile.spec.versions.filter(isPublished).map((candidate) => candidate.version);
    causes.push(unsupportedField('spec.profile.version', `profile "${name}" has no version ${version}; it has: ${listOf(versions)}`));
    return undefined;
  }
  if (!isPublished(found)) {
    causes.push(
      unsupportedField(
        'spec.profile.version',
        `version ${version} of profile "${name}" is a draft; publish it with: slipway profile publish ${name}@${version}`,
      ),
    );
    return undefined;
  }
  const resolved = resolve({ name, version: found, variables: spec.variables });
  if (!resolved.ok) causes.push(...resolved.causes);
  causes.push(...checkSecretSources(found.variables, spec));
  return resolved;
}

interface UpgradeInput {
  readonly object: ClusterObject;
  readonly old: ClusterObject;
  readonly resolved: ResolveResult;
  readonly reads: AdmissionReads;
}

async function upgradeCauses({ object, old, resolved, reads }: UpgradeInput): Promise<FieldCause[]> {
  if (!resolved.ok || deepEqual([object.spec.profile, object.spec.variables], [old.spec.profile, old.spec.variables])) return [];
  const before = await profileBefore(old, reads);
  const after = resolved.profile.kubernetesVersion;
  // What runs now counts too: while an upgrade is under way, the next one would skip a minor version.
  const running = old.status?.kubernetesVersion;
  const refusals = [
    (before && refuseVersionMove(before.kubernetesVersion, after)) ?? (running && refuseVersionMove(running, after)),
    before && refusePodNetworkMove(before, resolved.profile),
  ];
  return refusals.flatMap((refusal) => (refusal ? [invalidField('spec.profile.version', refusal)] : []));
}

async function profileBefore(old: ClusterObject, reads: AdmissionReads): Promise<ResolvedProfile | undefined> {
  const { name, version } = old.spec.profile;
  const profile = await profileOf(old, old.spec.profile, reads);
  const found = profile?.spec.versions.find((candidate) => candidate.version === version);
  const resolved = found && resolve({ name, version: found, variables: old.spec.variables });
  return resolved?.ok ? resolved.profile : undefined;
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
