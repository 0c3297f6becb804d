import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';

export const serviceAccountSpecSchema = z.strictObject({
  description: z.string().max(1000).default(''),
  /** Ends its keys and what they began within seconds. */
  disabled: z.boolean().default(false),
});
export type ServiceAccountSpec = z.infer<typeof serviceAccountSpecSchema>;

export const serviceAccountKind = defineKind<ServiceAccountSpec, Record<string, never>>({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  scope: 'project',
  shortNames: ['sa'],
  description: 'Automation that acts for a project. It signs in with API keys and gets roles like a user, in other projects too.',
  spec: serviceAccountSpecSchema,
  status: z.object({}),
  columns: [
    { name: 'DISABLED', value: (account) => String(account.spec.disabled) },
    { name: 'DESCRIPTION', value: (account) => account.spec.description },
  ],
});
