import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { ruleSchema } from '../role/role.ts';

export const apiKeySpecSchema = z.strictObject({
  description: z.string().max(1000).default(''),
  /** Whom the key is: a user, or a service account. Cannot change. */
  owner: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('User'), name: z.string().min(1).max(253) }),
    z.strictObject({ kind: z.literal('ServiceAccount'), project: z.string().min(1).max(253), name: z.string().min(1).max(253) }),
  ]),
  /** When it stops to work. Absent: never by itself. */
  expiresAt: z.iso.datetime().optional(),
  disabled: z.boolean().default(false),
  /** What it may be used for at most; it never allows what its owner may not. Absent: all that the owner may. */
  scope: z
    .strictObject({
      rules: z.array(ruleSchema).min(1).max(50),
      /** Absent: every project. */
      projects: z.array(z.string().min(1).max(253)).min(1).max(200).optional(),
    })
    .optional(),
});
export type ApiKeySpec = z.infer<typeof apiKeySpecSchema>;
export const apiKeyStatusSchema = z.object({
  /** The public part of the token: what logs and audit name. */
  tokenId: z.string().optional(),
  /** To the minute. */
  lastUsed: z.string().optional(),
});
export type ApiKeyStatus = z.infer<typeof apiKeyStatusSchema>;

export const apiKeyKind = defineKind<ApiKeySpec, ApiKeyStatus>({
  kind: 'ApiKey',
  plural: 'apikeys',
  scope: 'tenant',
  description: 'A key for programs. Its secret is made by apikeys/token, shown once and kept as a hash only.',
  spec: apiKeySpecSchema,
  status: apiKeyStatusSchema,
  columns: [
    { name: 'OWNER', value: ({ spec: { owner } }) => (owner.kind === 'User' ? owner.name : `${owner.project}/${owner.name}`) },
    { name: 'EXPIRES', value: (key) => key.spec.expiresAt ?? 'never' },
    { name: 'DISABLED', value: (key) => String(key.spec.disabled) },
    { name: 'LAST USED', value: (key) => key.status?.lastUsed ?? 'never' },
  ],
});
