import type { FieldCause } from '@slipway/kit';
import { clustersUsing, type ClusterUser, refuseWhileUsed } from '../cluster/in-use.ts';
import { duplicateField, forbiddenField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { scopeOfKind } from '../meta/scopes.ts';
import type { ClusterProfileSpec, ClusterProfileStatus } from './cluster-profile.ts';
import { exportCauses } from '../profile-export/content-hash.ts';
import { packCausesOfProfile } from './judge-profile.ts';
import { PROFILE_FAMILY } from './profile-ref.ts';
import { sameProfile } from './profile-text.ts';
import { comebackCauses, publishedCauses, refuseForgetting } from './published.ts';
import { checkProfileVersion } from './resolve-stack.ts';

type ProfileObject = ApiObject<ClusterProfileSpec, ClusterProfileStatus>;

/** A profile whose every version can be resolved, whose published versions stay as they are, and whose versions in use stay. */
export async function admitProfile(input: AdmissionInput<ClusterProfileSpec, ClusterProfileStatus>): Promise<void> {
  const { object, old, reads } = input;
  if (old && deepEqual(old.spec, object.spec)) return;
  const { versions } = object.spec;
  const causes: FieldCause[] = versions.flatMap((version, index) => [
    ...(versions.findIndex((other) => other.version === version.version) === index
      ? []
      : [duplicateField(`spec.versions[${index}].version`, `there is already a version ${version.version}`)]),
    ...checkProfileVersion(version, `spec.versions[${index}]`, object.spec.type),
  ]);
  causes.push(...exportCauses(object));
  if (old) {
    causes.push(...publishedCauses(old.spec, object.spec), ...comebackCauses(object.spec, old.status));
    causes.push(...(await removedCauses(object, old, reads)), ...(await natureCauses(object, old, reads)));
  }
  refuseIf(`${object.kind} "${object.metadata.name}"`, causes);
  if (old) refuseForgetting(old, object.spec);
  // Last, because registries may have to be asked.
  refuseIf(`${object.kind} "${object.metadata.name}"`, await packCausesOfProfile(input));
}

const usersOf = (
  { kind, metadata }: Pick<ProfileObject, 'kind' | 'metadata'>,
  reads: AdmissionReads,
  version?: string,
): Promise<ClusterUser[]> => {
  const scope = scopeOfKind(PROFILE_FAMILY, kind);
  return clustersUsing(reads, { scope, project: metadata.namespace }, ({ spec }) =>
    [spec.profile, ...spec.addons].some(
      (ref) => sameProfile(ref, { scope, name: metadata.name }) && (version === undefined || ref.version === version),
    ),
  );
};

const named = (users: readonly ClusterUser[]): string => users.map(({ text }) => text).join(', ');

async function removedCauses(object: ProfileObject, old: ProfileObject, reads: AdmissionReads): Promise<FieldCause[]> {
  const causes: FieldCause[] = [];
  for (const { version } of old.spec.versions) {
    if (object.spec.versions.some((kept) => kept.version === version)) continue;
    const users = await usersOf(object, reads, version);
    if (users.length === 0) continue;
    causes.push(
      forbiddenField(
        'spec.versions',
        `version ${version} is used by ${named(users)} and cannot be removed; move the clusters to another one`,
      ),
    );
  }
  return causes;
}

/** What a profile is for does not change under those who use it. */
async function natureCauses(object: ProfileObject, old: ProfileObject, reads: AdmissionReads): Promise<FieldCause[]> {
  const changed = (['type', 'cloud'] as const).filter((field) => object.spec[field] !== old.spec[field]);
  if (changed.length === 0) return [];
  const users = await usersOf(object, reads);
  if (users.length === 0) return [];
  return changed.map((field) =>
    forbiddenField(`spec.${field}`, `cannot be changed from "${old.spec[field]}" while the profile is used by ${named(users)}`),
  );
}

export async function admitProfileDelete({
  object,
  reads,
}: Pick<AdmissionInput<ClusterProfileSpec, any>, 'object' | 'reads'>): Promise<void> {
  refuseWhileUsed(object.kind, object.metadata.name, await usersOf(object, reads));
}
