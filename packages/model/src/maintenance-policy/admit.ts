import { SlipwayError } from '@slipway/kit';
import { invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { MaintenancePolicySpec } from './maintenance-policy.ts';
import { windowProblem } from './windows.ts';

/** Every window opens at some time. */
export async function admitMaintenancePolicy({ object, old }: AdmissionInput<MaintenancePolicySpec, any>): Promise<void> {
  // Reading calendars is most of what a change of labels would cost.
  if (old !== undefined && deepEqual(old.spec, object.spec)) return;
  const { timeZone, windows } = object.spec;
  const causes = windows.flatMap((window, index) => {
    const problem = windowProblem(window.start, window.timeZone ?? timeZone);
    if (!problem) return [];
    const ofPolicy = problem.field === 'timeZone' && window.timeZone === undefined;
    return [invalidField(ofPolicy ? 'spec.timeZone' : `spec.windows[${index}].${problem.field}`, problem.message)];
  });
  refuseIf(`MaintenancePolicy "${object.metadata.name}"`, causes);
}

/** Kinds whose spec names a policy: without it they would either wait for ever or not wait at all. */
const NAMED_BY = ['Rollout', 'ClusterTemplate', 'Cluster'] as const;

export async function admitMaintenancePolicyDelete({
  object,
  reads,
}: Pick<AdmissionInput<MaintenancePolicySpec, any>, 'object' | 'reads'>): Promise<void> {
  const { name } = object.metadata;
  const users: string[] = [];
  for (const kind of NAMED_BY) {
    const named = (await reads.list(kind)).filter(({ spec }) => (spec as { maintenancePolicy?: string }).maintenancePolicy === name);
    users.push(...named.map(({ metadata }) => `${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join('/')}`));
  }
  if (users.length === 0) return;
  throw new SlipwayError('Conflict', `MaintenancePolicy "${name}" cannot be deleted: it is used by ${users.slice(0, 10).join(', ')}.`, {
    hint: 'Take it out of their spec.maintenancePolicy first.',
    retryable: false,
  });
}
