import { messageOf } from '@slipway/kit';
import { isRange, readYaml } from '@slipway/model';
import { z } from 'zod';
import { refused } from './archive/refused.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What is read of a Chart.yaml; the rest is helm's. */
const chartYamlSchema = z.object({
  apiVersion: z.enum(['v1', 'v2']),
  name: z
    .string()
    .max(250)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a name'),
  version: z.union([z.string().min(1).max(250), z.number()]).transform(String),
  type: z.enum(['application', 'library']).nullish(),
  description: text.nullish(),
  appVersion: text.nullish(),
  kubeVersion: text.nullish(),
  deprecated: z.boolean().nullish(),
  annotations: z.record(z.string(), text.nullable()).nullish(),
});
export type ChartYaml = z.infer<typeof chartYamlSchema>;

/** A Chart.yaml of somebody else's; what is wrong with it is refused with its place. */
export function readChartYaml(data: Buffer | undefined): ChartYaml {
  if (data === undefined) throw refused('it has no Chart.yaml');
  let content: unknown;
  try {
    content = readYaml(data.toString('utf8'), 'its Chart.yaml', { duplicates: 'last' });
  } catch (error) {
    throw refused(messageOf(error).replace(/\.$/, ''));
  }
  const chart = chartYamlSchema.safeParse(content);
  if (chart.success) return chart.data;
  const [issue] = chart.error.issues;
  throw refused(`its Chart.yaml is not valid: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The range of Kubernetes versions, if helm would read it. */
export const kubeVersionOf = ({ kubeVersion }: ChartYaml): string | undefined =>
  kubeVersion && isRange(kubeVersion) ? kubeVersion : undefined;
