import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { keyedList, setOf } from '../meta/object.ts';
import { admitProfile, admitProfileDelete } from './admit.ts';

const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower-case letters, digits and "-", at most 63');
const semverSchema = z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'must be a semantic version such as 1.2.0');

/** A typed variable that a cluster sets and that layers use as `{{ .var.<name> }}` in any string of their values, manifests or versions. */
export const variableSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,62}$/, 'must start with a letter and hold only letters, digits and "_"'),
  type: z.enum(['string', 'number', 'boolean', 'enum']).default('string'),
  description: z.string().default(''),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** For numbers; inclusive. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** For strings: an anchored regular expression without back-references. */
  pattern: z.string().max(256).optional(),
  options: z.array(z.string()).optional(),
});
export type Variable = z.infer<typeof variableSchema>;

export const layerSchema = z.strictObject({
  name: nameSchema,
  type: z.enum(['os', 'kubernetes', 'cni', 'csi', 'addon']),
  /** Namespace the layer is installed into; made if absent, never deleted. */
  namespace: nameSchema.default('default'),
  /** Layers that must be Ready first, besides the natural order os → kubernetes → cni → csi → addon. */
  dependsOn: setOf(nameSchema).default([]),
  /** Lower goes first among layers that do not depend on each other. */
  priority: z.number().int().default(0),
  /** Overrides the cluster's drift policy for this layer. */
  drift: z.enum(['heal', 'report']).optional(),
  timeoutSeconds: z.number().int().min(10).max(3600).default(300),
  /** For os, kubernetes and cni layers that the machine brings: which one and at what version. */
  builtin: z.strictObject({ name: z.string(), version: z.string() }).optional(),
  chart: z.strictObject({ registry: nameSchema, name: z.string(), version: z.string() }).optional(),
  /** Values of the chart; strings may hold `{{ .var.x }}`. */
  values: z.record(z.string(), z.unknown()).default({}),
  /** YAML documents. */
  manifests: z.array(z.string()).optional(),
});
export type Layer = z.infer<typeof layerSchema>;

export const profileVersionSchema = z.strictObject({
  version: semverSchema,
  description: z.string().default(''),
  variables: keyedList(variableSchema, 'name').default([]),
  layers: keyedList(layerSchema, 'name').min(1),
});
export type ProfileVersion = z.infer<typeof profileVersionSchema>;

export const clusterProfileSpecSchema = z.strictObject({
  description: z.string().default(''),
  /** A version, once stored, cannot be changed: add another one. Newest last is not required; semver decides. */
  versions: keyedList(profileVersionSchema, 'version').min(1),
});
export type ClusterProfileSpec = z.infer<typeof clusterProfileSpecSchema>;

export const clusterProfileStatusSchema = z.object({
  latest: z.string().optional(),
  inUseBy: z.number().int().default(0),
});
export type ClusterProfileStatus = z.infer<typeof clusterProfileStatusSchema>;

export const clusterProfileKind = defineKind<ClusterProfileSpec, ClusterProfileStatus>({
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  scope: 'tenant',
  visibleBelow: true,
  shortNames: ['cprof'],
  description: 'A versioned stack of layers that says what a cluster is made of, from the operating system to the last add-on.',
  spec: clusterProfileSpecSchema,
  status: clusterProfileStatusSchema,
  admit: admitProfile,
  admitDelete: admitProfileDelete,
  columns: [
    { name: 'VERSIONS', value: (profile) => profile.spec.versions.map((version: ProfileVersion) => version.version).join(',') },
    { name: 'LAYERS', type: 'integer', value: (profile) => profile.spec.versions.at(-1)?.layers.length },
  ],
});
