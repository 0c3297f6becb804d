import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { admitUserItem } from './admit.ts';

export const userItemSpecSchema = z.strictObject({
  /** The user whose it is: besides administrators nobody else sees it. Cannot change. */
  owner: z.string().min(1).max(253),
  /** A `draft` is a form that is not finished, and goes thirty days after its last change; a `view` is a list as somebody wants it again, and stays. */
  type: z.enum(['draft', 'view']).default('draft'),
  /** What it is a draft or a view of: `create-cluster`, `clusters`. */
  about: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower-case letters, digits and "-", at most 63'),
  /** What people call it. */
  title: z.string().max(200).default(''),
  /** What the page keeps, at most 64 KiB as JSON. Nothing secret: it is no place for that. */
  content: z.record(z.string(), z.unknown()).default({}),
});
export type UserItemSpec = z.infer<typeof userItemSpecSchema>;

export const userItemStatusSchema = z.object({
  /** When a draft goes; a change puts it off. */
  expiresAt: z.string().optional(),
  observedGeneration: z.number().int().default(0),
});
export type UserItemStatus = z.infer<typeof userItemStatusSchema>;

/** How long a draft is kept after its last change. */
export const DRAFT_TTL_MS = 30 * 24 * 3_600_000;

export const userItemKind = defineKind<UserItemSpec, UserItemStatus>({
  kind: 'UserItem',
  plural: 'useritems',
  scope: 'tenant',
  description: 'Something that one user keeps for themselves: a form that is not finished, or a view of a list.',
  spec: userItemSpecSchema,
  status: userItemStatusSchema,
  selectableFields: ['spec.owner', 'spec.type', 'spec.about'],
  admit: admitUserItem,
  columns: [
    { name: 'OWNER', value: ({ spec }) => spec.owner },
    { name: 'TYPE', value: ({ spec }) => spec.type },
    { name: 'ABOUT', value: ({ spec }) => spec.about },
    { name: 'TITLE', value: ({ spec }) => spec.title },
    { name: 'EXPIRES', value: (item) => item.status?.expiresAt ?? (item.spec.type === 'view' ? 'never' : undefined) },
  ],
});
