import { z } from 'zod';
import { type ListedVersion, shortened } from './source.ts';

const text = z.union([z.string(), z.number()]).transform(String);

const chartSchema = z.object({
  version: text.optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  appVersion: text.optional().catch(undefined),
  kubeVersion: z.string().optional().catch(undefined),
  created: z.string().max(64).optional().catch(undefined),
  deprecated: z.boolean().optional().catch(undefined),
  annotations: z.record(z.string(), z.string()).optional().catch(undefined),
});

/** Annotations that mean something here. */
const OURS = 'slipway.dev/';

/** What the catalogue says of a version, from its Chart.yaml or an index's entry; what is not as it should be is left out. */
export function chartFields(content: unknown): Omit<ListedVersion, 'version' | 'digest'> {
  const { version: _version, annotations, ...fields } = chartSchema.safeParse(content).data ?? {};
  const ours = Object.entries(annotations ?? {}).filter(([name, value]) => name.startsWith(OURS) && value.length <= 2000);
  return {
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? shortened(value) : value])),
    ...(ours.length === 0 ? {} : { annotations: Object.fromEntries(ours) }),
  };
}
