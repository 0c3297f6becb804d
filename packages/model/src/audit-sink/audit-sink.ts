import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList, setOf } from '../meta/object.ts';
import { secretText } from '../meta/secret-fields.ts';
import { admitAuditSink } from './admit.ts';
import { urlText } from '../meta/url-text.ts';

/** Every list that is given must hold the record's value. Without a filter the chain stays whole, and what was exported can be verified. */
export const auditFilterSchema = z.strictObject({
  verbs: setOf(z.string()).optional(),
  resources: setOf(z.string()).optional(),
  projects: setOf(z.string()).optional(),
  users: setOf(z.string()).optional(),
  outcomes: setOf(z.enum(['ok', 'denied', 'failed'])).optional(),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

const every = {
  filter: auditFilterSchema.default({}),
  /** Where a new sink begins: with the oldest record that is kept, or with what happens from now on. */
  start: z.enum(['beginning', 'now']).default('beginning'),
  /** Holds delivery without losing the place. */
  paused: z.boolean().default(false),
  /** Records of every tenant, each with its own place. Only in the tenant `system`. */
  allTenants: z.boolean().default(false),
};
const ca = z.string().max(100_000).optional().describe('PEM of an authority to trust for this sink.');
const plainHttp = z.boolean().default(false).describe('Lets the address begin with http://.');

export const auditSinkSpecSchema = z.discriminatedUnion('type', [
  /** Lines of JSON on the machine of the hub, below `<home>/hub/audit/<tenant>/<sink>/`. */
  z.strictObject({
    type: z.literal('file'),
    maxMiB: z.number().int().min(1).max(1024).default(64).describe('Size at which a new file begins.'),
    maxFiles: z.number().int().min(2).max(10_000).default(32).describe('Files that are kept; the oldest goes first.'),
    ...every,
  }),
  /** RFC 5424 over TCP or TLS, octet counting (RFC 6587, RFC 5425). */
  z.strictObject({
    type: z.literal('syslog'),
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(6514),
    tls: z.boolean().default(true),
    ca,
    clientCertificate: z.string().max(100_000).optional().describe('PEM; with `clientKey`, how the hub shows who it is.'),
    clientKey: secretText(z.string().max(100_000)).optional(),
    facility: z.number().int().min(0).max(23).default(13).describe('13 is “log audit”.'),
    appName: z
      .string()
      .regex(/^[!-~]{1,48}$/)
      .default('slipway'),
    ...every,
  }),
  /** OpenTelemetry logs over HTTP, JSON encoding. */
  z.strictObject({
    type: z.literal('otlp'),
    url: urlText(['https', 'http']).describe('The whole address, such as https://collector.example.org:4318/v1/logs.'),
    plainHttp,
    ca,
    headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), secretText()).default({}),
    ...every,
  }),
  /** Objects in S3 or what speaks like it: `<prefix><tenant>/2026/11/21/<first>-<last>.jsonl`. */
  z.strictObject({
    type: z.literal('s3'),
    endpoint: urlText(['https', 'http']).describe('Such as https://s3.eu-central-1.amazonaws.com.'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not the name of a bucket')
      .meta({ examples: ['audit'] }),
    region: z.string().min(1).max(64).default('us-east-1'),
    prefix: z
      .string()
      .max(200)
      .regex(/^[\w./-]*$/, 'may hold letters, digits and _ . / - only')
      .default(''),
    pathStyle: z.boolean().default(true).describe('The bucket is part of the path rather than of the host name.'),
    accessKeyId: z.string().min(1).max(128),
    secretAccessKey: secretText(),
    sessionToken: secretText().optional(),
    plainHttp,
    ca,
    flushSeconds: z.number().int().min(1).max(3600).default(60).describe('How long a record may wait for others to share its object.'),
    ...every,
  }),
]);
export type AuditSinkSpec = z.infer<typeof auditSinkSpecSchema>;

export const auditSinkStatusSchema = z.object({
  conditions: keyedList(conditionSchema, 'type').default([]),
  /** Records that were confirmed since the sink was made. */
  delivered: z.number().int().optional(),
  /** Records that wait, when it was looked at last. */
  lag: z.number().int().optional(),
  /** Records that retention took away before they could be delivered. */
  lost: z.number().int().optional(),
  lastDelivery: z.string().optional(),
});
export type AuditSinkStatus = z.infer<typeof auditSinkStatusSchema>;

export const auditSinkKind = defineKind<AuditSinkSpec, AuditSinkStatus>({
  kind: 'AuditSink',
  plural: 'auditsinks',
  scope: 'tenant',
  description: 'A place outside Slipway that gets a copy of every audit record of the tenant: file, syslog, OpenTelemetry or S3.',
  spec: auditSinkSpecSchema,
  status: auditSinkStatusSchema,
  admit: admitAuditSink,
  columns: [
    { name: 'TYPE', value: (sink) => sink.spec.type },
    { name: 'READY', value: (sink) => readyOf(sink.status)?.status },
    { name: 'LAG', type: 'integer', value: (sink) => sink.status?.lag },
    { name: 'DELIVERED', type: 'integer', value: (sink) => sink.status?.delivered },
    { name: 'REASON', value: (sink) => readyOf(sink.status)?.reason },
    { name: 'MESSAGE', wide: true, value: (sink) => readyOf(sink.status)?.message },
  ],
});

const readyOf = (status: AuditSinkStatus | undefined) => status?.conditions.find(({ type }) => type === 'Ready');
