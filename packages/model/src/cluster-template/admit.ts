import { refCauses } from '../cluster-profile/ref-causes.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { clustersUsing, refuseWhileUsed } from '../cluster/in-use.ts';
import { refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import { policyCauses, strategyCauses } from '../rollout/admit.ts';
import type { ClusterTemplateSpec, ClusterTemplateStatus } from './cluster-template.ts';

/** Profile and add-ons are published versions that every project can see. */
export async function admitClusterTemplate({
  object,
  old,
  reads,
}: AdmissionInput<ClusterTemplateSpec, ClusterTemplateStatus>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const { spec } = object;
  const causes = [
    ...(await refCauses(spec.profile, 'spec.profile', reads)),
    ...strategyCauses(spec.rollout, 'spec.rollout'),
    ...(await policyCauses(spec.rollout.maintenancePolicy, 'spec.rollout', reads)),
  ];
  for (const [index, addon] of spec.addons.entries()) causes.push(...(await refCauses(addon, `spec.addons[${index}]`, reads)));
  refuseIf(`ClusterTemplate "${object.metadata.name}"`, causes);
}

export async function admitClusterTemplateDelete({
  object,
  reads,
}: Pick<AdmissionInput<ClusterTemplateSpec, any>, 'object' | 'reads'>): Promise<void> {
  const { name } = object.metadata;
  const follows = ({ spec }: { spec: ClusterSpec }): boolean => spec.template?.name === name;
  refuseWhileUsed('ClusterTemplate', name, await clustersUsing(reads, { scope: 'tenant' }, follows));
}
