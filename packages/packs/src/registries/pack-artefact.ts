import { parse } from 'yaml';
import type { Chart } from '../chart-archive.ts';
import { MEDIA } from './media-types.ts';
import type { Artefact } from './oci-push.ts';

/** A Helm chart as helm itself pushes it: Chart.yaml as its config, the archive as its layer. */
export function chartArtefact(chart: Chart, archive: Buffer): Artefact {
  const root = chart.files[0]?.name.split('/')[0] ?? '';
  const text = chart.files.find(({ name }) => name === `${root}/Chart.yaml`)?.data.toString('utf8') ?? '{}';
  const metadata = parse(text, { maxAliasCount: 100 }) as { description?: unknown };
  const description = typeof metadata.description === 'string' ? { 'org.opencontainers.image.description': metadata.description } : {};
  return {
    config: { mediaType: MEDIA.chartConfig, data: Buffer.from(JSON.stringify(metadata)) },
    layers: [{ mediaType: MEDIA.chartLayer, data: archive }],
    annotations: { ...description, 'org.opencontainers.image.title': chart.name, 'org.opencontainers.image.version': chart.version },
  };
}

/** A tag cannot hold "+": helm writes "_" for it. */
export const tagOf = (version: string): string => version.replaceAll('+', '_');
