import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { admitRoleBinding } from './admit.ts';

export const subjectSchema = z.strictObject({
  kind: z.enum(['User', 'Team', 'ServiceAccount']),
  name: z.string().min(1).max(253),
  /** Of a ServiceAccount. */
  project: z.string().min(1).max(253).optional(),
  /** In bindings of the tenant `system`: where the subject is from. Default: `system`. */
  tenant: z.string().min(1).max(253).optional(),
});
export type Subject = z.infer<typeof subjectSchema>;

/** Kubernetes' text form: `env=dev,team in (a,b),!legacy`. */
export const selectorSchema = z.string().min(1).max(1000);

export const roleBindingSpecSchema = z.strictObject({
  /** A built-in role or a Role of the tenant. */
  role: z.string().min(1).max(253),
  subjects: z.array(subjectSchema).min(1).max(1000),
  /** For project and resource roles: where. Absent: in every project, those to come included. */
  projects: z.array(z.string().min(1).max(253)).min(1).max(1000).optional(),
  /** For resource roles: only objects with these labels, and only as long as they have them. */
  selector: selectorSchema.optional(),
});
export type RoleBindingSpec = z.infer<typeof roleBindingSpecSchema>;

export const subjectText = ({ kind, name, project, tenant }: Subject): string =>
  `${kind.toLowerCase()} "${project === undefined ? '' : `${project}/`}${name}"${tenant === undefined ? '' : ` of tenant "${tenant}"`}`;

/** Of every kind of binding. */
export const bindingColumns = {
  role: { name: 'ROLE', value: (binding: { spec: { role: string } }) => binding.spec.role },
  subjects: {
    name: 'SUBJECTS',
    value: (binding: { spec: { subjects: readonly Subject[] } }) =>
      binding.spec.subjects.map((one) => `${one.kind.toLowerCase()}/${one.name}`).join(','),
  },
  selector: { name: 'SELECTOR', wide: true, value: (binding: { spec: { selector?: string | undefined } }) => binding.spec.selector ?? '' },
} as const;

export const roleBindingKind = defineKind<RoleBindingSpec, Record<string, never>>({
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'tenant',
  description: 'Gives a role to users, teams and service accounts: in the whole tenant or in some of its projects.',
  spec: roleBindingSpecSchema,
  status: z.object({}),
  admit: admitRoleBinding,
  columns: [
    bindingColumns.role,
    bindingColumns.subjects,
    { name: 'PROJECTS', value: (binding) => binding.spec.projects?.join(',') ?? '*' },
    bindingColumns.selector,
  ],
});
