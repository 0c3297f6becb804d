import type { FieldCause } from '@slipway/kit';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { clustersUsing, refuseWhileUsed } from '../cluster/in-use.ts';
import { duplicateField, forbiddenField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual, fieldDiff } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import type { ClusterProfileSpec } from './cluster-profile.ts';
import { checkProfileVersion } from './resolve.ts';

/** A profile whose every version can be resolved, and whose versions in use stay as they are. */
export async function admitProfile({ object, old, reads }: AdmissionInput<ClusterProfileSpec, any>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const { versions } = object.spec;
  const causes: FieldCause[] = versions.flatMap((version, index) => [
    ...(versions.findIndex((other) => other.version === version.version) === index
      ? []
      : [duplicateField(`spec.versions[${index}].version`, `there is already a version ${version.version}`)]),
    ...checkProfileVersion(version, `spec.versions[${index}]`),
  ]);
  if (old) causes.push(...(await changesToUsed(object, old, reads)));
  refuseIf(`ClusterProfile "${object.metadata.name}"`, causes);
}

async function changesToUsed(
  object: ApiObject<ClusterProfileSpec>,
  old: ApiObject<ClusterProfileSpec>,
  reads: AdmissionReads,
): Promise<FieldCause[]> {
  const changed = old.spec.versions.flatMap((before) => {
    const index = object.spec.versions.findIndex((version) => version.version === before.version);
    const after = object.spec.versions[index];
    if (!after) return [{ version: before.version, field: 'spec.versions', removed: true }];
    const [difference] = fieldDiff(before, after, `spec.versions[${index}]`);
    return difference ? [{ version: before.version, field: difference.path, removed: false }] : [];
  });
  if (changed.length === 0) return [];
  const clusters: ApiObject<ClusterSpec>[] = await reads.list('Cluster');
  return changed.flatMap(({ version, field, removed }) => {
    const users = clusters
      .filter(({ spec }) => spec.profile.name === object.metadata.name && spec.profile.version === version)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (users.length === 0) return [];
    const what = removed ? 'removed' : 'changed';
    return [
      forbiddenField(
        field,
        `version ${version} is used by ${users.join(', ')} and cannot be ${what}; add a new version and move the clusters to it`,
      ),
    ];
  });
}

export async function admitProfileDelete({
  object,
  reads,
}: Pick<AdmissionInput<ClusterProfileSpec, any>, 'object' | 'reads'>): Promise<void> {
  const { name } = object.metadata;
  refuseWhileUsed('ClusterProfile', name, await clustersUsing(reads, (cluster) => cluster.spec.profile.name === name));
}
