import { SlipwayError } from '@slipway/kit';
import { readMacro } from '../cluster/cluster-stack.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import { usesIn, usesOf } from '../cluster-profile/macro-table.ts';
import { profileKindAt } from '../cluster-profile/profile-ref.ts';
import { forbiddenField, invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { scopeOfKind } from '../meta/scopes.ts';
import { refuseWhileUsed } from '../cluster/in-use.ts';
import type { MacroSpec, MacroStatus } from './macro.ts';

const FAMILY = 'Macro';

/** A macro has one value, open or secret, under a name that a reference can say. */
export async function admitMacro({ object, old }: AdmissionInput<MacroSpec, MacroStatus>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const { name } = object.metadata;
  const { value, secretValue } = object.spec;
  const causes = [];
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    causes.push(
      invalidField('metadata.name', 'must hold only lower-case letters, digits and "-": references say it as {{ .macro.<name> }}'),
    );
  }
  if (value === undefined && secretValue === undefined) causes.push(requiredField('spec.value', 'a macro needs a value or a secretValue'));
  if (value !== undefined && secretValue !== undefined)
    causes.push(forbiddenField('spec.value', 'a macro has either a value or a secretValue, not both'));
  if (value?.includes('{{')) causes.push(invalidField('spec.value', 'must not hold references: a macro is a value, not a template'));
  refuseIf(`${object.kind} "${name}"`, causes);
}

/** A macro that clusters are made with stays, unless a wider one of the same open value takes its place: then nothing changes for them. */
export async function admitMacroDelete({ object, reads }: Pick<AdmissionInput<MacroSpec, MacroStatus>, 'object' | 'reads'>): Promise<void> {
  const scope = scopeOfKind(FAMILY, object.kind);
  if (scope === 'system') return refuseSystem(object, reads);
  const clusters: ApiObject<ClusterSpec>[] = await reads.list('Cluster', scope === 'project' ? object.metadata.namespace : undefined);
  const users = [];
  for (const cluster of clusters) {
    const { namespace, name } = cluster.metadata;
    if (!(await usesMacro(cluster, object.metadata.name, reads))) continue;
    const taken = await readMacro(object.metadata.name, namespace, reads);
    if (taken?.metadata.uid !== object.metadata.uid) continue;
    const next = await readMacro(object.metadata.name, namespace, without(reads, object));
    const same = next !== undefined && next.spec.value !== undefined && next.spec.value === object.spec.value;
    if (!same) users.push({ cluster, text: `${namespace}/${name}` });
  }
  refuseWhileUsed(
    object.kind,
    object.metadata.name,
    users,
    'Take the reference out of their profiles first, or give the wider macro the same value.',
  );
}

const without = (reads: AdmissionReads, gone: ApiObject): AdmissionReads => ({
  ...reads,
  get: async (kind, name, project) => {
    const found = await reads.get(kind, name, project);
    return found?.metadata.uid === gone.metadata.uid ? undefined : found;
  },
});

/** Whether the profiles of a cluster, or what it gives them, refer to a macro. */
export async function usesMacro(
  { spec, metadata }: ApiObject<ClusterSpec, any>,
  name: string,
  reads: Pick<AdmissionReads, 'get'>,
): Promise<boolean> {
  if (usesIn([spec.variables, spec.overrides]).macros.includes(name)) return true;
  for (const ref of [spec.profile, ...spec.addons]) {
    const profile = await reads.get(profileKindAt(ref.scope), ref.name, ref.scope === 'project' ? metadata.namespace : undefined);
    const version = profile?.spec.versions.find((candidate: { version: string }) => candidate.version === ref.version);
    if (version && usesOf(version).macros.includes(name)) return true;
  }
  return false;
}

/** Of the installation: clusters of every tenant may use it, and which profiles those have is theirs. So it goes only when no profile at all names it. */
async function refuseSystem(object: ApiObject<MacroSpec>, reads: AdmissionReads): Promise<void> {
  const { name } = object.metadata;
  const named: string[] = [];
  for (const kind of (['project', 'tenant', 'system'] as const).map(profileKindAt)) {
    for (const { tenant, object: profile } of await reads.everywhere(kind)) {
      const uses = profile.spec.versions.some((version: Parameters<typeof usesOf>[0]) => usesOf(version).macros.includes(name));
      if (uses) named.push(`${tenant}/${profile.metadata.name}`);
    }
  }
  for (const { tenant, object: cluster } of await reads.everywhere('Cluster')) {
    if (usesIn([cluster.spec.variables, cluster.spec.overrides]).macros.includes(name))
      named.push(`${tenant}/${cluster.metadata.namespace}/${cluster.metadata.name}`);
  }
  if (named.length === 0) return;
  const shown = named.slice(0, 10).join(', ') + (named.length > 10 ? ` and ${named.length - 10} more` : '');
  throw new SlipwayError('Conflict', `${object.kind} "${name}" cannot be deleted: it is named by ${shown}.`, {
    hint: 'Take the reference out of these first.',
    retryable: false,
  });
}
