import { covers, type FieldPath, type FieldSet, type ManagedFieldsEntry } from './field-set.ts';

/**
 * Field managers that are programs acting for the cluster rather than a person or a pipeline: what they set on purpose, the profile yields to
 * (certificates injected into webhooks, replica counts of autoscalers, revisions). The name is the user agent's or the one a controller chose.
 */
const CONTROLLER =
  /^(kube-controller-manager|kube-scheduler|kubelet|cloud-controller-manager|kube-apiserver)$|(^|[-_./])(controller|controllers|controller-manager|operator|autoscaler|recommender|updater|cainjector|injector)([-_./]|$)/;

const isPerson = (manager: string): boolean => manager.startsWith('kubectl');

/**
 * Whether the agent leaves fields of this manager alone: anything set through the `scale` subresource by something other than kubectl (an autoscaler,
 * whatever it is called), and what controllers set.
 */
export function yieldsTo(entry: ManagedFieldsEntry): boolean {
  const manager = entry.manager ?? '';
  if (entry.subresource === 'status') return false;
  if (entry.subresource === 'scale') return !isPerson(manager);
  return !isPerson(manager) && CONTROLLER.test(manager);
}

/** The field sets the agent yields to. */
export const yieldedSets = (entries: readonly ManagedFieldsEntry[] | undefined): FieldSet[] =>
  (entries ?? []).filter((entry) => yieldsTo(entry)).map((entry) => (entry.fieldsV1 ?? {}) as FieldSet);

/** Who set this field last, by managedFields; our own managers do not count. Undefined for a removed field: nobody owns what is not there. */
export function managerOf(
  entries: readonly ManagedFieldsEntry[] | undefined,
  path: FieldPath,
  own: ReadonlySet<string>,
): string | undefined {
  const owners = (entries ?? []).filter((entry) => !own.has(entry.manager ?? '') && covers(entry.fieldsV1 as FieldSet | undefined, path));
  const newest = owners.toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0];
  return newest?.manager;
}
