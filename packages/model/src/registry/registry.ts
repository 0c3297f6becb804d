import { z } from 'zod';
import { conditionSchema, keyedList, setOf } from '../meta/object.ts';
import { defineScopedKinds } from '../meta/scopes.ts';
import { urlText } from '../meta/url-text.ts';
import { admitRegistry } from './admit.ts';
import { everyRegistry, gitCredentialsSchema, httpCredentialsSchema, mirrors, remote, verified } from './connection.ts';

const packNames = setOf(z.string().min(1).max(255)).max(500).default([]);

// Patterns are read by Go programs too: RE2, without looking ahead. What needs that is refined.
const REF = 'must be a branch, a tag or a commit';
const INSIDE = 'must be a path inside the repository';
const ABSOLUTE = 'must be an absolute path without ".."';
const staysInside = (path: string) => path.split('/').every((step) => step !== '.' && step !== '..');

export const registrySpecSchema = z.discriminatedUnion('type', [
  /** Chart folders and archives that come with the hub (its `packs/` directory). */
  z.strictObject({ type: z.literal('builtin') }),
  /** The hub's own OCI registry: what `slipway pack push` fills. */
  z.strictObject({ type: z.literal('embedded'), ...everyRegistry, ...verified }),
  /** A classic Helm repository over HTTP(S). */
  z.strictObject({
    type: z.literal('helm'),
    url: urlText(['https', 'http']),
    credentials: httpCredentialsSchema,
    passCredentials: z.boolean().default(false).describe('Sends credentials also to other hosts that the index names for its charts.'),
    ...remote,
    ...mirrors,
    ...everyRegistry,
  }),
  /** An OCI registry: `oci://host/path`. */
  z.strictObject({
    type: z.literal('oci'),
    url: z.string().startsWith('oci://'),
    credentials: httpCredentialsSchema,
    packs: packNames.describe('Names below the URL that are in the catalogue. Empty: what the registry itself lists, if it does.'),
    ...remote,
    ...mirrors,
    ...everyRegistry,
    ...verified,
  }),
  /** Folders of a git repository: charts, manifests, and charts packed as archives. */
  z.strictObject({
    type: z.literal('git'),
    url: z.string().max(2048).describe('https://host/path or ssh://user@host/path'),
    ref: z
      .string()
      .max(255)
      .regex(/^[\w./][\w./-]*$/, REF)
      .refine((ref) => !/\.\.|\/\//.test(ref), REF)
      .optional()
      .describe('Branch, tag or commit; without it the default branch.'),
    path: z
      .string()
      .max(1024)
      .regex(/^([^/\\\0][^\\\0]*)?$/, INSIDE)
      .refine(staysInside, INSIDE)
      .default(''),
    credentials: gitCredentialsSchema,
    ...remote,
    ...everyRegistry,
  }),
  /** A folder on the machine of the hub; which ones may be named is a setting of the installation. */
  z.strictObject({
    type: z.literal('folder'),
    path: z
      .string()
      .max(1024)
      .regex(/^\/[^\0]*$/, ABSOLUTE)
      .refine(staysInside, ABSOLUTE),
    ...everyRegistry,
  }),
]);
export type RegistrySpec = z.infer<typeof registrySpecSchema>;
/** As it may be written, and as older versions of Slipway stored it. */
export type RegistryInput = z.input<typeof registrySpecSchema>;
export type RegistryType = RegistrySpec['type'];

export const registryStatusSchema = z.object({
  conditions: keyedList(conditionSchema, 'type').default([]),
  /** When the catalogue was read last, when that was tried last, and when it will be next. */
  lastSync: z.string().optional(),
  lastAttempt: z.string().optional(),
  nextSync: z.string().optional(),
  /** In the catalogue. */
  packs: z.number().int().optional(),
  versions: z.number().int().optional(),
  /** Attempts since that failed. */
  failures: z.number().int().optional(),
  /** The generation of the registry that the last attempt was of. */
  observedGeneration: z.number().int().optional(),
  /** What the registry said it was at the last sync (a commit, an entity tag): equal means that nothing changed. */
  revision: z.string().optional(),
  message: z.string().optional(),
});
export type RegistryStatus = z.infer<typeof registryStatusSchema>;

const conditionOf = (status: RegistryStatus | undefined, type: string) => status?.conditions.find((one) => one.type === type);

export const REGISTRY_FAMILY = 'Registry';

export const registryKinds = defineScopedKinds<RegistrySpec, RegistryStatus>({
  kind: REGISTRY_FAMILY,
  plural: 'registries',
  scopes: ['project', 'tenant'],
  description: 'Where packs (Helm charts and manifests) come from.',
  spec: registrySpecSchema,
  status: registryStatusSchema,
  admit: admitRegistry,
  columns: [
    { name: 'TYPE', value: (registry) => registry.spec.type },
    { name: 'URL', value: (registry) => registry.spec.url ?? registry.spec.path },
    { name: 'PACKS', type: 'integer', value: (registry) => registry.status?.packs },
    { name: 'READY', value: (registry) => conditionOf(registry.status, 'Ready')?.status },
    { name: 'SYNCED', type: 'date', value: (registry) => registry.status?.lastSync },
    { name: 'MESSAGE', wide: true, value: (registry) => registry.status?.message },
  ],
});

/** Of the tenant. */
export const registryKind = registryKinds.at('tenant');
