import { z } from 'zod';
import { setOf } from '../meta/object.ts';
import { SCOPES } from '../meta/scopes.ts';
import { readinessSchema } from '../plan/readiness.ts';
import { LAYER_TYPES } from './layer-types.ts';

export { LAYER_TYPES } from './layer-types.ts';

export const layerNameSchema = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower-case letters, digits and "-", at most 63');

export const layerSchema = z.strictObject({
  name: layerNameSchema,
  /** What people read instead of the name. */
  displayName: z.string().max(200).optional(),
  type: z.enum(LAYER_TYPES),
  /** Namespace the layer is installed into; made if absent, and then removed with the last layer in it, if nothing else is there. */
  namespace: layerNameSchema.default('default'),
  /** Layers that must be Ready first, besides the natural order os → kubernetes → cni → csi → addon. */
  dependsOn: setOf(layerNameSchema).default([]),
  /** Lower goes first among layers that do not depend on each other. */
  priority: z.number().int().default(0),
  /** Overrides the cluster's drift policy for this layer. */
  drift: z.enum(['heal', 'report']).optional(),
  timeoutSeconds: z.number().int().min(10).max(3600).default(300),
  /** What must hold, besides Helm's and Kubernetes' own readiness, before the layer is Ready; strings may hold references. */
  readiness: readinessSchema.default([]),
  /** For os, kubernetes and cni layers that the machine brings: which one and at what version. */
  builtin: z.strictObject({ name: z.string(), version: z.string() }).optional(),
  chart: z
    .strictObject({
      registry: layerNameSchema,
      /** Where the registry lives. */
      registryScope: z.enum(SCOPES).default('tenant'),
      name: z.string(),
      version: z.string(),
    })
    .optional(),
  /** Names of presets of the pack, at most one of each group; their values are laid over the pack's own. */
  presets: setOf(z.string().min(1).max(100)).default([]),
  /** Values of the chart as YAML text, for who wants to keep comments and order. Means the same as `values`, which is laid over it. */
  valuesYaml: z
    .string()
    .max(256 * 1024)
    .optional(),
  /** Values of the chart, or settings of a kubernetes or os layer; strings may hold references such as `{{ .var.x }}`. */
  values: z.record(z.string(), z.unknown()).default({}),
  /** YAML documents. */
  manifests: z.array(z.string()).optional(),
});
export type Layer = z.infer<typeof layerSchema>;
