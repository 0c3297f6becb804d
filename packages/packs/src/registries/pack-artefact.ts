import { catalogueAnnotations, type PackInfo } from '@slipway/model';
import { parse } from 'yaml';
import { readChart } from '../chart-archive.ts';
import { readPack } from '../read-pack.ts';
import { MEDIA } from './media-types.ts';
import type { Artefact } from './oci-push.ts';

/** A pack as it is pushed: a chart as helm itself does it (Chart.yaml as its config, the archive as its layer), manifests likewise under media types of ours. */
export async function packArtefact(archive: Buffer): Promise<Artefact & { readonly info: PackInfo }> {
  const info = await readPack(archive);
  const { name, version, description, kind } = info;
  const annotations = {
    ...(description === '' ? {} : { 'org.opencontainers.image.description': description.slice(0, 2000) }),
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version,
  };
  if (kind === 'manifests') {
    const config = { name, version, description, annotations: catalogueAnnotations(info.metadata) };
    return {
      info,
      config: { mediaType: MEDIA.manifestsConfig, data: Buffer.from(JSON.stringify(config)) },
      layers: [{ mediaType: MEDIA.manifestsLayer, data: archive }],
      annotations,
    };
  }
  const { files } = await readChart(archive);
  const root = files[0]?.name.split('/')[0] ?? '';
  const text = files.find((file) => file.name === `${root}/Chart.yaml`)?.data.toString('utf8') ?? '{}';
  const chart = parse(text, { maxAliasCount: 100 }) as { annotations?: object };
  // What a `slipway.yaml` says is in the catalogue too, without anybody opening the archive.
  const config = { ...chart, annotations: { ...chart.annotations, ...catalogueAnnotations(info.metadata) } };
  return {
    info,
    config: { mediaType: MEDIA.chartConfig, data: Buffer.from(JSON.stringify(config)) },
    layers: [{ mediaType: MEDIA.chartLayer, data: archive }],
    annotations,
  };
}

/** A tag cannot hold "+": helm writes "_" for it. */
export const tagOf = (version: string): string => version.replaceAll('+', '_');
export const versionOf = (tag: string): string => tag.replaceAll('_', '+');
