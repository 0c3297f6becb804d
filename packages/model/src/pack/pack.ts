import { z } from 'zod';
import { keyedList } from '../meta/object.ts';
import { defineScopedKinds } from '../meta/scopes.ts';

/** Bounds on one pack in the catalogue. */
export const CATALOGUED_VERSIONS = 200;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const packVersionSchema = z.strictObject({
  version: z.string(),
  /** Of the archive, as it was seen first. What is used is this, whatever the registry says later. */
  digest: digest.optional(),
  /** Of the manifest, in OCI registries. */
  manifestDigest: digest.optional(),
  description: z.string().optional(),
  appVersion: z.string().optional(),
  /** Range of Kubernetes versions, as the chart says it. */
  kubernetes: z.string().optional(),
  /** Machines it works on, as it says; none named means all. */
  architectures: z.array(z.string().max(200)).max(20).optional(),
  created: z.string().optional(),
  deprecated: z.boolean().optional(),
  /** The registry no longer has it. Clusters that use it keep it. */
  withdrawn: z.boolean().optional(),
  /** The name of the key that its manifest is signed by. */
  signedBy: z.string().optional(),
  /** Why no key's signature holds. */
  unsigned: z.string().optional(),
});
export type PackVersion = z.infer<typeof packVersionSchema>;

export const packSpecSchema = z.strictObject({
  /** The registry's name, at the same scope as this object. */
  registry: z.string(),
  /** As the registry calls it, and as layers name it. */
  name: z.string(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  layer: z.string().optional(),
  /** The newest release, or the newest of all where nothing is released. */
  latest: z.string().optional(),
  deprecated: z.boolean().default(false),
  /** Newest first. */
  versions: keyedList(packVersionSchema, 'version').default([]),
  /** There are older ones that are not listed. */
  more: z.boolean().default(false),
});
export type PackSpec = z.infer<typeof packSpecSchema>;

export const movedVersionSchema = z.object({
  version: z.string(),
  /** What it was, and still is for clusters. */
  digest: z.string(),
  /** What the registry says now. */
  found: z.string(),
  at: z.string(),
});
export type MovedVersion = z.infer<typeof movedVersionSchema>;

/** A replaced content that somebody has accepted: it is what is used since then. */
export const acceptedVersionSchema = z.object({
  version: z.string(),
  digest: z.string(),
  /** What was used before. */
  was: z.string(),
  at: z.string(),
  by: z.string(),
});
export type AcceptedVersion = z.infer<typeof acceptedVersionSchema>;

export const packStatusSchema = z.object({
  /** Versions whose content was replaced in the registry. */
  moved: keyedList(movedVersionSchema, 'version').default([]),
  /** The last acceptance of each version. */
  accepted: keyedList(acceptedVersionSchema, 'version').optional(),
});
export type PackStatus = z.infer<typeof packStatusSchema>;

export const PACK_FAMILY = 'Pack';

export const packKinds = defineScopedKinds<PackSpec, PackStatus>({
  kind: PACK_FAMILY,
  plural: 'packs',
  scopes: ['project', 'tenant'],
  description: 'A pack that a registry has, with its versions. Written by the sync of its registry.',
  spec: packSpecSchema,
  status: packStatusSchema,
  selectableFields: ['spec.registry', 'spec.layer'],
  readOnly: true,
  columns: [
    { name: 'PACK', value: (pack) => pack.spec.name },
    { name: 'REGISTRY', value: (pack) => pack.spec.registry },
    { name: 'LATEST', value: (pack) => pack.spec.latest },
    { name: 'VERSIONS', type: 'integer', value: (pack) => pack.spec.versions.length },
    { name: 'LAYER', value: (pack) => pack.spec.layer },
    { name: 'MOVED', value: (pack) => pack.status?.moved.map(({ version }: MovedVersion) => version).join(',') || undefined },
    { name: 'DESCRIPTION', wide: true, value: (pack) => pack.spec.description },
  ],
});
