import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { secretText } from '../meta/secret-fields.ts';
import { admitSecret } from './admit.ts';

/** What a read shows in place of every value: `***` as base64, because clients decode it. */
export const SECRET_DATA_MASK = Buffer.from('***').toString('base64');

const keySchema = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must hold only letters, digits, "-", "_" and "."');

const base64Schema = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be base64; write plain text into stringData');

export const secretSpecSchema = z.strictObject({
  /** As in Kubernetes; says what the keys mean to whoever uses it. */
  type: z.string().max(253).default('Opaque'),
  /** Values as base64. */
  data: z.record(keySchema, secretText(base64Schema, SECRET_DATA_MASK)).default({}),
  /** Once true, data cannot be changed any more; the object can only be deleted. */
  immutable: z.boolean().optional(),
});
export type SecretSpec = z.infer<typeof secretSpecSchema>;

export const secretKind = defineKind<SecretSpec, Record<string, never>>({
  kind: 'Secret',
  plural: 'secrets',
  scope: 'project',
  description: 'Values that are written and never read back: passwords, tokens, keys. Also served as core/v1 Secret.',
  spec: secretSpecSchema,
  status: z.object({}),
  admit: admitSecret,
  secretsFixed: (old) => old.spec.immutable === true,
  selectableFields: ['spec.type'],
  columns: [
    { name: 'TYPE', value: (secret) => secret.spec.type },
    { name: 'DATA', type: 'integer', value: (secret) => Object.keys(secret.spec.data).length },
  ],
});
