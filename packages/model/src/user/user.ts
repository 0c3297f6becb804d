import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { admitUser } from './admit.ts';

/** Who somebody is to an identity provider. E-mail addresses and names change hands; issuer and subject together do not. */
export const userIdentitySchema = z.strictObject({
  /** An IdentityProvider of the tenant. */
  provider: z.string().min(1).max(253),
  /** The provider's issuer: when the provider is pointed at another one, its people are not these. */
  issuer: z.string().min(1).max(1000),
  /** The claim `sub`. */
  subject: z.string().min(1).max(255),
});

export const userSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  email: z
    .string()
    .max(254)
    .regex(/^([^\s@]+@[^\s@]+)?$/, 'must be an e-mail address')
    .default(''),
  /** Ends every session, key, watch and tunnel of the user within seconds, and lets nobody in as them. */
  disabled: z.boolean().default(false),
  /** Present: the user signs in through this provider and in no other way, and nothing of theirs works without it. */
  identity: userIdentitySchema.optional(),
});
export type UserSpec = z.infer<typeof userSpecSchema>;

export const userStatusSchema = z.object({
  /** What the identity provider said when it last confirmed the user. Written by sign-ins only: it decides about teams. */
  signIn: z
    .object({
      /** Of the IdentityProvider object: another one of the same name has confirmed nothing. */
      providerUid: z.string(),
      /** Whom it confirmed: a user that was made somebody else is not confirmed. */
      subject: z.string(),
      /** Values of the groups claim that its mapping named. */
      groups: z.array(z.string()).default([]),
      at: z.string(),
    })
    .optional(),
});
export type UserStatus = z.infer<typeof userStatusSchema>;

export const userKind = defineKind<UserSpec, UserStatus>({
  kind: 'User',
  plural: 'users',
  scope: 'tenant',
  description: 'A person who may sign in. What they may do comes from roles bound to them or to their teams.',
  spec: userSpecSchema,
  status: userStatusSchema,
  selectableFields: ['spec.identity.provider', 'spec.identity.subject'],
  admit: admitUser,
  columns: [
    { name: 'DISPLAY NAME', value: (user) => user.spec.displayName },
    { name: 'EMAIL', value: (user) => user.spec.email },
    { name: 'PROVIDER', value: (user) => user.spec.identity?.provider ?? '' },
    { name: 'DISABLED', value: (user) => String(user.spec.disabled) },
  ],
});
