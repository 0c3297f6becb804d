import type { FieldCause } from '@slipway/kit';
import { builtInRole } from '../access/built-in-roles.ts';
import type { Level } from '../access/grant.ts';
import { forbiddenField, invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import type { AdmissionInput, AdmissionReads } from '../meta/define-kind.ts';
import { parseLabelSelector } from '../meta/selectors.ts';

interface BindingSpec {
  readonly role: string;
  readonly subjects: readonly { readonly kind: string; readonly project?: string | undefined }[];
  readonly projects?: readonly string[] | undefined;
  readonly selector?: string | undefined;
}

/** That the binding says what its role's level needs, and nothing that it would ignore. */
export async function admitRoleBinding({ object, reads }: AdmissionInput<any, any>): Promise<void> {
  const spec: BindingSpec = object.spec;
  const level = await levelOf(spec.role, reads);
  refuseIf(`${object.kind} "${object.metadata.name}"`, [
    ...(level === undefined
      ? [invalidField('spec.role', `there is no role "${spec.role}"`)]
      : levelCauses(level, spec, object.metadata.namespace !== undefined)),
    ...subjectCauses(spec),
  ]);
}

async function levelOf(role: string, reads: AdmissionReads): Promise<Level | undefined> {
  return builtInRole(role)?.level ?? (await reads.get('Role', role))?.spec.level;
}

function levelCauses(level: Level, spec: BindingSpec, inProject: boolean): FieldCause[] {
  const causes: FieldCause[] = [];
  const wide = level === 'system' || level === 'tenant';
  if (wide && inProject) causes.push(invalidField('spec.role', `is a ${level} role; a project gives project and resource roles only`));
  if (wide && spec.projects !== undefined) causes.push(forbiddenField('spec.projects', `a ${level} role is not limited to projects`));
  if (level === 'resource' && spec.selector === undefined)
    causes.push(requiredField('spec.selector', 'a resource role needs the labels it is for'));
  if (level !== 'resource' && spec.selector !== undefined)
    causes.push(forbiddenField('spec.selector', `a ${level} role is not limited by labels`));
  if (spec.selector !== undefined) {
    try {
      parseLabelSelector(spec.selector);
    } catch (error) {
      causes.push(invalidField('spec.selector', (error as Error).message));
    }
  }
  return causes;
}

function subjectCauses(spec: BindingSpec): FieldCause[] {
  return spec.subjects.flatMap(({ kind, project }, index) => {
    if (kind === 'ServiceAccount' && project === undefined)
      return [requiredField(`spec.subjects[${index}].project`, 'a service account is of a project')];
    if (kind !== 'ServiceAccount' && project !== undefined)
      return [forbiddenField(`spec.subjects[${index}].project`, `a ${kind} is of no project`)];
    return [];
  });
}
