import { z } from 'zod';

/** What one cluster or pool wants otherwise than the profile's layer says. Survives a new profile version by a three-way merge. */
const decisionsSchema = z.record(z.string(), z.enum(['keep', 'take']));

export const layerOverrideSchema = z.strictObject({
  /** Sparse: only what differs from the profile's values; laid over them. */
  values: z.record(z.string(), z.unknown()).default({}),
  /** The profile version whose values it was written against, or decided about. */
  madeFor: z.string().min(1).optional(),
  /** What was decided where both the profile and this changed the same value, by its path: `replicas: keep`. Holds from the version `madeFor` on. */
  decisions: decisionsSchema.default({}),
  /** What was so before, for which versions: going back to one of them asks nothing and gives what was there. Written by who moves the cluster. */
  earlier: z
    .array(z.strictObject({ madeFor: z.string().min(1), decisions: decisionsSchema.default({}) }))
    .max(50)
    .optional(),
});
export type Decisions = z.infer<typeof decisionsSchema>;
export type LayerOverride = z.infer<typeof layerOverrideSchema>;

/** By the layer's name. */
export const layerOverridesSchema = z.record(z.string(), layerOverrideSchema);
