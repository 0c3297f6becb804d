import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema } from '../meta/object.ts';
import { admitTenantDelete } from './admit.ts';

/** How people of a tenant sign in. */
export const signInSchema = z.strictObject({
  /** Characters a new password has at least. */
  passwordMinLength: z.number().int().min(8).max(64).default(12),
  /** A session that is not used for so many minutes ends. */
  sessionIdleMinutes: z.number().int().min(5).max(43_200).default(480),
  /** A session ends after so many hours whatever happens. */
  sessionHours: z.number().int().min(1).max(2160).default(24),
});
export type SignIn = z.infer<typeof signInSchema>;

export const tenantSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  /** Nobody of the tenant gets in until it is taken back; its clusters run on. */
  suspended: z.boolean().default(false),
  /** Holds for passwords and sessions made from then on. */
  signIn: signInSchema.prefault({}),
});
export type TenantSpec = z.infer<typeof tenantSpecSchema>;

/** Tenants made by an earlier version say nothing of it. */
export const signInOf = (spec: Partial<TenantSpec> | undefined): SignIn => signInSchema.parse(spec?.signIn ?? {});

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
