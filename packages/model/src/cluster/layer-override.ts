import { z } from 'zod';

/** What one cluster or pool wants otherwise than the profile's layer says. Survives a new profile version by a three-way merge. */
export const layerOverrideSchema = z.strictObject({
  /** Sparse: only what differs from the profile's values; laid over them. */
  values: z.record(z.string(), z.unknown()).default({}),
  /** The profile version whose values it was written against. */
  madeFor: z.string().min(1).optional(),
  /** What was decided where both the profile and this changed the same value, by its path: `replicas: keep`. */
  decisions: z.record(z.string(), z.enum(['keep', 'take'])).default({}),
});
export type LayerOverride = z.infer<typeof layerOverrideSchema>;

/** By the layer's name. */
export const layerOverridesSchema = z.record(z.string(), layerOverrideSchema);
