import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { keyedList } from '../meta/object.ts';
import { admitMaintenancePolicy, admitMaintenancePolicyDelete } from './admit.ts';

/** A day at most: what is longer is no window but the rule. */
const MAX_MINUTES = 24 * 60;

export const maintenanceWindowSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label'),
  /** When it opens: five cron fields, minute to day of week, in the time zone: `0 22 * * SAT`. */
  start: z.string().min(1).max(100),
  durationMinutes: z.number().int().min(5).max(MAX_MINUTES),
  /** IANA name; the policy's unless told. */
  timeZone: z.string().max(64).optional(),
});
export type MaintenanceWindow = z.infer<typeof maintenanceWindowSchema>;

export const maintenancePolicySpecSchema = z.strictObject({
  description: z.string().max(500).default(''),
  /** IANA name such as `Europe/Berlin`: windows follow its changes between summer and winter time. */
  timeZone: z.string().max(64).default('UTC'),
  windows: keyedList(maintenanceWindowSchema, 'name').min(1).max(50),
});
export type MaintenancePolicySpec = z.infer<typeof maintenancePolicySpecSchema>;

export const maintenancePolicyKind = defineKind<MaintenancePolicySpec, Record<string, never>>({
  kind: 'MaintenancePolicy',
  plural: 'maintenancepolicies',
  scope: 'tenant',
  visibleBelow: true,
  shortNames: ['mpol'],
  description: 'When clusters may be disturbed: windows that rollouts wait for.',
  spec: maintenancePolicySpecSchema,
  status: z.object({}),
  admit: admitMaintenancePolicy,
  admitDelete: admitMaintenancePolicyDelete,
  columns: [
    { name: 'TIMEZONE', value: (policy) => policy.spec.timeZone },
    {
      name: 'WINDOWS',
      value: (policy) =>
        policy.spec.windows.map(({ start, durationMinutes }: MaintenanceWindow) => `${start} for ${durationMinutes}m`).join('; '),
    },
  ],
});
