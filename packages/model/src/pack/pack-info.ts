import { z } from 'zod';
import { packMetadataSchema } from './metadata.ts';

/** What Slipway knows about one version of a pack, read from its archive by `readPack` in packages/packs. Strict enough to be stored and read back. */
export const packInfoSchema = z.object({
  name: z.string(),
  version: z.string(),
  /** `sha256:…` of the archive. */
  digest: z.string(),
  /** A Helm chart, or plain manifests. */
  kind: z.enum(['chart', 'manifests']),
  description: z.string(),
  /** Version of what is inside, as its author calls it. */
  appVersion: z.string().optional(),
  metadata: packMetadataSchema,
  /** The chart's own defaults. */
  values: z.record(z.string(), z.unknown()),
  /** The same as its author wrote it, with comments. */
  valuesYaml: z.string(),
  /** `values.schema.json`. */
  valuesSchema: z.unknown().optional(),
  readme: z.string().optional(),
  /** A data URI that is safe to show. */
  logo: z.string().optional(),
  /** Of a pack of manifests: its files in the order of their names. A chart has none. */
  manifests: z.array(z.strictObject({ name: z.string(), content: z.string() })),
  /** Charts inside this one, by name. */
  subcharts: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  /** What is odd in it and no reason to refuse it. */
  remarks: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});
export type PackInfo = z.infer<typeof packInfoSchema>;
