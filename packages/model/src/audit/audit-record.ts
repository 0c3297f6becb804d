import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';

/** Who did it. `auth` says by which credential, never the credential itself. */
export const auditUserSchema = z.object({
  kind: z.enum(['user', 'system', 'agent', 'anonymous']),
  name: z.string(),
  groups: z.array(z.string()).optional(),
  tenant: z.string().optional(),
  auth: z.object({ kind: z.string(), id: z.string().optional() }).optional(),
});

export const auditBodySchema = z.object({
  /** RFC 3339 with milliseconds. */
  time: z.string(),
  user: auditUserSchema,
  /** From where; absent for what Slipway does by itself. */
  source: z.object({ ip: z.string().optional(), userAgent: z.string().optional() }).optional(),
  /** The request it belongs to: the same id is in the answer's x-request-id and in the log. */
  request: z.object({ id: z.string(), method: z.string(), path: z.string() }).optional(),
  verb: z.string(),
  object: z
    .object({
      resource: z.string(),
      subresource: z.string().optional(),
      project: z.string().optional(),
      name: z.string().optional(),
      uid: z.string().optional(),
    })
    .optional(),
  /** `denied`: refused before anything happened. `failed`: tried, and it did not work. */
  outcome: z.enum(['ok', 'denied', 'failed']),
  reason: z.string().optional(),
  /** HTTP status of the answer, where there is one. */
  code: z.number().int().optional(),
  /** Field by field, secrets masked. A created object has `from` absent in one entry for the whole, a deleted one `to`. */
  changes: z.array(z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })).optional(),
  /** Refused attempts like this one that were not recorded one by one since the last record. */
  suppressed: z.number().int().optional(),
});
export type AuditBody = z.infer<typeof auditBodySchema>;
export type AuditUser = z.infer<typeof auditUserSchema>;

export const auditRecordSpecSchema = auditBodySchema.extend({
  seq: z.number().int(),
  prev: z.string(),
  hash: z.string(),
  resourceVersion: z.string().optional(),
});
export type AuditRecordSpec = z.infer<typeof auditRecordSpecSchema>;

export const auditRecordKind = defineKind<AuditRecordSpec, Record<string, never>>({
  kind: 'AuditRecord',
  plural: 'auditrecords',
  scope: 'tenant',
  shortNames: ['audit'],
  readOnly: true,
  description:
    'One link of the tenant’s audit chain: who did what, from where, and what changed. Written by Slipway in the same transaction as the change.',
  spec: auditRecordSpecSchema,
  status: z.object({}),
  selectableFields: ['spec.user.name', 'spec.verb', 'spec.outcome', 'spec.object.resource', 'spec.object.project', 'spec.object.name'],
  columns: [
    { name: 'WHEN', value: (record) => record.spec.time },
    { name: 'USER', value: (record) => record.spec.user.name },
    { name: 'VERB', value: (record) => record.spec.verb },
    { name: 'OBJECT', value: (record) => auditObjectText(record.spec.object) },
    { name: 'OUTCOME', value: (record) => record.spec.outcome },
    { name: 'FROM', wide: true, value: (record) => record.spec.source?.ip },
    { name: 'REQUEST', wide: true, value: (record) => record.spec.request?.id },
  ],
});

/** `clusters/kubeconfig default/dev`: what a record is about, in one word or two. */
export function auditObjectText(object: AuditBody['object']): string {
  if (object === undefined) return '';
  const resource = object.subresource === undefined ? object.resource : `${object.resource}/${object.subresource}`;
  const name = [object.project, object.name].filter((part) => part !== undefined).join('/');
  return name === '' ? resource : `${resource} ${name}`;
}
