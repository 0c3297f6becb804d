import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { conditionSchema, keyedList } from '../meta/object.ts';
import { admitRegistry } from './admit.ts';

export const registrySpecSchema = z.discriminatedUnion('type', [
  /** Chart folders and archives that come with the hub (its `packs/` directory). */
  z.strictObject({ type: z.literal('builtin') }),
  /** A classic Helm repository over HTTP(S). */
  z.strictObject({ type: z.literal('helm'), url: z.url({ protocol: /^https?$/ }) }),
  /** An OCI registry: `oci://host/path`. */
  z.strictObject({ type: z.literal('oci'), url: z.string().startsWith('oci://'), plainHttp: z.boolean().default(false) }),
]);
export type RegistrySpec = z.infer<typeof registrySpecSchema>;
export const registryStatusSchema = z.object({ conditions: keyedList(conditionSchema, 'type').default([]) });

export const registryKind = defineKind<RegistrySpec, z.infer<typeof registryStatusSchema>>({
  kind: 'Registry',
  plural: 'registries',
  scope: 'tenant',
  visibleBelow: true,
  description: 'Where packs (Helm charts and manifests) come from.',
  spec: registrySpecSchema,
  status: registryStatusSchema,
  admit: admitRegistry,
  columns: [
    { name: 'TYPE', value: (registry) => registry.spec.type },
    { name: 'URL', value: (registry) => registry.spec.url },
  ],
});
