import { z } from 'zod';
import { LAYER_TYPES } from '../cluster-profile/layer.ts';
import { parseQuantity } from '../meta/quantity.ts';
import { splitPath } from '../meta/value-path.ts';
import { versionRangeSchema } from './version-range.ts';

/** Limits of what a pack says about itself; a pack is somebody else's file. */
export const PACK_LIMITS = { presets: 100, dependencies: 100, images: 1000, text: 64 * 1024, logo: 256 * 1024 } as const;

export const packNameSchema = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9._]{0,251}[a-z0-9])?$/, 'must hold lower-case letters, digits, "-", "." and "_" only');
const shortText = z.string().max(200);
const valuesSchema = z.record(z.string(), z.unknown());
const pathSchema = z
  .string()
  .max(500)
  .refine(
    (path) => path !== '' && splitPath(path) !== undefined,
    'must be the path of a value, such as controller.replicas or hosts[0]["a.b"]',
  );
const quantitySchema = z
  .union([z.string().max(40), z.number()])
  .refine((quantity) => parseQuantity(quantity) !== undefined, 'must be a quantity such as 500m, 2 or 1Gi');

/** A choice that its author prepared. At most one preset of a group is chosen. */
export const presetSchema = z.strictObject({
  name: packNameSchema,
  displayName: shortText.default(''),
  description: z.string().max(2000).default(''),
  group: shortText.min(1),
  /** Laid over the pack's own values. */
  values: valuesSchema.default({}),
  /** Paths that are taken away first. */
  remove: z.array(pathSchema).max(500).default([]),
});
export type Preset = z.infer<typeof presetSchema>;

export const packDependencySchema = z.strictObject({
  pack: packNameSchema,
  /** Only a layer of this type counts. */
  layer: z.enum(LAYER_TYPES).optional(),
  version: versionRangeSchema.default('*'),
  /** required: there must be one in range · optional: if there is one, it must be in range · conflicts: there must be none in range. */
  type: z.enum(['required', 'optional', 'conflicts']).default('required'),
});
export type PackDependency = z.infer<typeof packDependencySchema>;

/** What a part of the pack asks of the cluster, read from the layer's values, so that it follows what the user sets. */
export const resourceComponentSchema = z.strictObject({
  resource: z.enum(['cpu', 'memory', 'disk']),
  /** Path of a quantity in the values. */
  request: pathSchema,
  /** Path of a number in the values; how often it is asked for. Without it once, or once per node. */
  replicas: pathSchema.optional(),
  /** One on each of these nodes, as a DaemonSet has it. */
  perNode: z.enum(['all', 'control-plane', 'worker']).optional(),
});
export type ResourceComponent = z.infer<typeof resourceComponentSchema>;

export const packConstraintsSchema = z.strictObject({
  dependencies: z.array(packDependencySchema).max(PACK_LIMITS.dependencies).default([]),
  /** Versions of Kubernetes; without it what Chart.yaml says as `kubeVersion`. */
  kubernetes: versionRangeSchema.optional(),
  /** Clouds it works on; none named means all. */
  clouds: z.array(shortText).max(100).default([]),
  /** As Kubernetes has them: amd64, arm64, …; none named means all. */
  architectures: z.array(shortText).max(20).default([]),
  /** Versions of this pack that may move straight to this one. */
  upgradeFrom: versionRangeSchema.optional(),
  /** The least that all nodes together must have. For a resource that has components, their sum counts instead. */
  resources: z
    .strictObject({
      cpu: quantitySchema.optional(),
      memory: quantitySchema.optional(),
      disk: quantitySchema.optional(),
      components: z.array(resourceComponentSchema).max(100).default([]),
    })
    .optional(),
});
export type PackConstraints = z.infer<typeof packConstraintsSchema>;

/** What a layer made from the pack starts with unless it says otherwise. */
export const packDefaultsSchema = z.strictObject({
  namespace: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
    .optional(),
  priority: z.number().int().optional(),
  /** Laid over the pack's own values before presets; strings may hold references such as `{{ .var.x }}`. */
  values: valuesSchema.default({}),
});
export type PackDefaults = z.infer<typeof packDefaultsSchema>;

/** What a pack says about itself: its `slipway.yaml`, or the annotations `slipway.dev/…` of its Chart.yaml. Everything is optional. */
export const packMetadataSchema = z.strictObject({
  apiVersion: z.literal('slipway.dev/v1').optional(),
  kind: z.literal('Pack').optional(),
  /** Of a pack of manifests; a chart has them in Chart.yaml. */
  name: packNameSchema.optional(),
  version: z.string().max(100).optional(),
  displayName: shortText.optional(),
  description: z.string().max(2000).optional(),
  layer: z.enum(LAYER_TYPES).optional(),
  /** Words to find it by. */
  keywords: z.array(shortText.min(1)).max(100).default([]),
  /** A data URI, or the path of a PNG or SVG file in the archive. */
  logo: z
    .string()
    .max(PACK_LIMITS.logo * 2)
    .optional(),
  defaults: packDefaultsSchema.prefault({}),
  presets: z.array(presetSchema).max(PACK_LIMITS.presets).default([]),
  constraints: packConstraintsSchema.prefault({}),
  /** Every image that a cluster may pull for it, for places without a network. */
  images: z.array(z.string().min(1).max(500)).max(PACK_LIMITS.images).default([]),
  /** Markdown that is shown before a layer moves to this version. */
  upgradeNotes: z.string().max(PACK_LIMITS.text).optional(),
  /** Markdown by path of a value, where `values.schema.json` has no description. */
  valuesDocumentation: z.record(pathSchema, z.string().max(4000)).default({}),
  /** Why, and what to use instead. */
  deprecated: z.string().max(2000).optional(),
  /** When its author stops mending it. */
  endOfLife: z.iso.date().optional(),
});
export type PackMetadata = z.infer<typeof packMetadataSchema>;

/** A pack that says nothing about itself. */
export const NO_METADATA: PackMetadata = packMetadataSchema.parse({});
