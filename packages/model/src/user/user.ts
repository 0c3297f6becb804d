import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';

export const userSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  email: z
    .string()
    .max(254)
    .regex(/^([^\s@]+@[^\s@]+)?$/, 'must be an e-mail address')
    .default(''),
  /** Ends every session, key, watch and tunnel of the user within seconds, and lets nobody in as them. */
  disabled: z.boolean().default(false),
});
export type UserSpec = z.infer<typeof userSpecSchema>;

export const userKind = defineKind<UserSpec, Record<string, never>>({
  kind: 'User',
  plural: 'users',
  scope: 'tenant',
  description: 'A person who may sign in. What they may do comes from roles bound to them or to their teams.',
  spec: userSpecSchema,
  status: z.object({}),
  columns: [
    { name: 'DISPLAY NAME', value: (user) => user.spec.displayName },
    { name: 'EMAIL', value: (user) => user.spec.email },
    { name: 'DISABLED', value: (user) => String(user.spec.disabled) },
  ],
});
