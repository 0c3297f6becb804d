import { z } from 'zod';

/** An object of a layer, without its version: what an API server serves in several is one object. */
const driftedSchema = z.strictObject({
  layer: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().min(1).optional(),
  name: z.string().min(1),
});

/** A difference that is left as it is: neither told nor put right, nor written over when the layer changes. */
export const driftIgnoreSchema = driftedSchema.extend({
  /** `spec.replicas`: this field and all below it. Left out: the whole object, its deletion included. */
  path: z.string().min(1).max(500).optional(),
});
export type DriftIgnore = z.infer<typeof driftIgnoreSchema>;

/** A difference that is put right once although the policy is to report it. */
export const driftRevertSchema = driftedSchema.extend({
  /** `detectedAt` of the difference: one that is found later is another one and stays. */
  detectedAt: z.string().min(1),
});
export type DriftRevert = z.infer<typeof driftRevertSchema>;

/** Both as an agent's plan carries them for one layer. */
export const planIgnoreSchema = driftIgnoreSchema.omit({ layer: true });
export const planRevertSchema = driftRevertSchema.omit({ layer: true });
export type PlanIgnore = z.infer<typeof planIgnoreSchema>;
export type PlanRevert = z.infer<typeof planRevertSchema>;
