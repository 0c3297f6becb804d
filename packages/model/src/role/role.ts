import { z } from 'zod';
import { builtInRole } from '../access/built-in-roles.ts';
import { LEVELS } from '../access/grant.ts';
import { defineKind } from '../meta/define-kind.ts';
import { admitRole, admitRoleDelete } from './admit.ts';

const word = z.string().min(1).max(100);
/** Also what an API key is limited to. */
export const ruleSchema = z.strictObject({
  /** Default: slipway.dev. */
  apiGroups: z.array(z.string().max(253)).min(1).max(20).optional(),
  /** `clusters`, `clusters/proxy`, `clusters/*`, or `*` for everything. */
  resources: z
    .array(z.string().regex(/^(\*|[a-z]+)(\/(\*|[a-z]+))?$/, 'must be a plural such as clusters, clusters/proxy or *'))
    .min(1)
    .max(100),
  /** get, list, watch, create, update, patch, delete, deletecollection, or `*`; for clusters/kubernetes: view, edit, cluster-admin. */
  verbs: z.array(word).min(1).max(20),
  /** Only objects of these names; such a rule never allows create. */
  names: z.array(z.string().min(1).max(253)).min(1).max(200).optional(),
});

export const roleSpecSchema = z.strictObject({
  description: z.string().max(1000).default(''),
  /** How far a binding of it may reach: `system` everywhere, `tenant`, some `project`s, or in them only what matches the label selector of the binding (`resource`). */
  level: z.enum(LEVELS).default('project'),
  rules: z.array(ruleSchema).min(1).max(100),
});
export type RoleSpec = z.infer<typeof roleSpecSchema>;

export const roleKind = defineKind<RoleSpec, Record<string, never>>({
  kind: 'Role',
  plural: 'roles',
  scope: 'tenant',
  visibleBelow: true,
  description: 'Rights that can be bound to users, teams and service accounts. The built-in ones are shown and cannot be changed.',
  spec: roleSpecSchema,
  status: z.object({}),
  admit: admitRole,
  admitDelete: admitRoleDelete,
  columns: [
    { name: 'LEVEL', value: (role) => role.spec.level },
    { name: 'BUILT IN', value: (role) => String(builtInRole(role.metadata.name) !== undefined) },
    { name: 'RULES', type: 'integer', value: (role) => role.spec.rules.length },
    { name: 'DESCRIPTION', value: (role) => role.spec.description },
  ],
});
