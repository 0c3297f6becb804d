import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema } from '../meta/object.ts';
import { admitTenantDelete } from './admit.ts';

export const tenantSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  /** Nobody of the tenant gets in until it is taken back; its clusters run on. */
  suspended: z.boolean().default(false),
});
export type TenantSpec = z.infer<typeof tenantSpecSchema>;
export const tenantStatusSchema = z.object({ conditions: z.array(conditionSchema).default([]) });

export const tenantKind = defineKind<TenantSpec, z.infer<typeof tenantStatusSchema>>({
  kind: 'Tenant',
  plural: 'tenants',
  scope: 'system',
  description: 'An organisation with its own users, projects and clusters. Tenants cannot see, nor learn of, each other.',
  spec: tenantSpecSchema,
  status: tenantStatusSchema,
  admitDelete: admitTenantDelete,
  columns: [
    { name: 'DISPLAY NAME', value: (tenant) => tenant.spec.displayName },
    { name: 'SUSPENDED', value: (tenant) => String(tenant.spec.suspended) },
  ],
});
