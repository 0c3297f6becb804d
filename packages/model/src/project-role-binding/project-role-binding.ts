import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { admitRoleBinding } from '../role-binding/admit.ts';
import { bindingColumns, roleBindingSpecSchema } from '../role-binding/role-binding.ts';

/** A RoleBinding whose only project is its own; the role is a built-in project role, or a project or resource Role of the tenant. */
export const projectRoleBindingSpecSchema = roleBindingSpecSchema.omit({ projects: true });
export type ProjectRoleBindingSpec = z.infer<typeof projectRoleBindingSpecSchema>;

export const projectRoleBindingKind = defineKind<ProjectRoleBindingSpec, Record<string, never>>({
  kind: 'ProjectRoleBinding',
  plural: 'projectrolebindings',
  scope: 'project',
  description: 'Gives a role in its project: what project admins use. RoleBinding is the same from the tenant.',
  spec: projectRoleBindingSpecSchema,
  status: z.object({}),
  admit: admitRoleBinding,
  columns: [bindingColumns.role, bindingColumns.subjects, bindingColumns.selector],
});
