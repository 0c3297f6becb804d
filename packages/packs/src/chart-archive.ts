import { createGunzip, gzipSync } from 'node:zlib';
import { messageOf, SlipwayError } from '@slipway/kit';
import { parse } from 'yaml';
import { z } from 'zod';
import { readTar, type TarFile, type TarLimits, writeTar } from './tar.ts';

export interface ChartLimits extends TarLimits {
  /** Bytes of the archive as it is stored. */
  readonly archive: number;
  /** Bytes it may unpack to. */
  readonly unpacked: number;
}

export const CHART_LIMITS: ChartLimits = {
  archive: 20 * 1024 * 1024,
  unpacked: 64 * 1024 * 1024,
  entries: 10_000,
  file: 16 * 1024 * 1024,
};

const chartYamlSchema = z.object({
  apiVersion: z.enum(['v1', 'v2']),
  name: z.string(),
  version: z.union([z.string(), z.number()]).transform(String),
  type: z.enum(['application', 'library']).optional(),
});

export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly valuesSchema?: unknown;
  readonly files: readonly TarFile[];
}

/** Looks into a chart archive without unpacking it to disk. Whatever a careless unpacker could be hurt by is refused with `Invalid` and a reason. */
export async function readChart(archive: Buffer, limits: ChartLimits = CHART_LIMITS): Promise<Chart> {
  if (archive.length > limits.archive) throw refused(`it is larger than ${limits.archive} bytes`);
  const files = readTar(await gunzip(archive, limits.unpacked), limits);
  const roots = new Set(files.map((file) => file.name.split('/')[0] ?? ''));
  if (roots.size !== 1) throw refused('it must hold exactly one folder');
  const [root = ''] = roots;
  const find = (name: string) => files.find((file) => file.name === `${root}/${name}`)?.data.toString('utf8');
  const { name, version } = chartYaml(find('Chart.yaml'));
  const schema = find('values.schema.json');
  return { name, version, files, ...(schema === undefined ? {} : { valuesSchema: json(schema) }) };
}

/** Unpacks in pieces and stops at the limit: a bomb costs no more memory than an honest chart of that size. */
async function gunzip(archive: Buffer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const unpacker = createGunzip();
  unpacker.end(archive);
  try {
    for await (const chunk of unpacker as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw refused(`it unpacks to more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof SlipwayError ? error : refused(`it is not a gzip archive (${messageOf(error)})`);
  }
  return Buffer.concat(chunks);
}

function chartYaml(text: string | undefined): z.infer<typeof chartYamlSchema> {
  if (text === undefined) throw refused('it has no Chart.yaml');
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw refused(`its Chart.yaml is not YAML (${messageOf(error).split('\n')[0]})`);
  }
  const chart = chartYamlSchema.safeParse(content);
  if (!chart.success)
    throw refused(`its Chart.yaml is not valid: ${chart.error.issues[0]?.path.join('.')}: ${chart.error.issues[0]?.message}`);
  if (chart.data.type === 'library') throw refused('it is a library chart, which cannot be installed');
  return chart.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused('its values.schema.json is not JSON');
  }
}

/** A chart archive from files below one folder. Equal files give equal bytes, and so an equal digest, on every machine and Node version. */
export function packChart(root: string, files: readonly TarFile[]): Buffer {
  const tar = writeTar(files.map((file) => ({ name: `${root}/${file.name}`, data: file.data })));
  // Not compressed: the bytes of a compressor change with zlib's version. The system byte of the header is the one thing left that differs.
  const archive = gzipSync(tar, { level: 0 });
  archive[9] = 255;
  return archive;
}

const refused = (why: string): SlipwayError => new SlipwayError('Invalid', `The chart archive was refused: ${why}.`);
