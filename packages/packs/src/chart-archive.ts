import { gzipSync } from 'node:zlib';
import { type ArchiveLimits, openArchive } from './archive/open-archive.ts';
import type { TarFile } from './archive/read-tar.ts';
import { refused } from './archive/refused.ts';
import { writeTar } from './archive/write-tar.ts';
import { readChartYaml } from './chart-yaml.ts';
import { readJson } from './json-file.ts';

export type ChartLimits = ArchiveLimits;

export const CHART_LIMITS: ChartLimits = {
  archive: 20 * 1024 * 1024,
  unpacked: 64 * 1024 * 1024,
  ratio: 200,
  entries: 10_000,
  file: 16 * 1024 * 1024,
};

export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly valuesSchema?: unknown;
  readonly files: readonly TarFile[];
}

/** Looks into a chart archive without unpacking it to disk. Whatever a careless unpacker could be hurt by is refused with `Invalid` and a reason. */
export async function readChart(archive: Buffer, limits: ChartLimits = CHART_LIMITS): Promise<Chart> {
  const { root, files, find } = await openArchive(archive, limits);
  if (root === '') throw refused('it must hold exactly one folder');
  const { name, version, type } = readChartYaml(find('Chart.yaml'));
  if (type === 'library') throw refused('it is a library chart, which cannot be installed');
  const schema = find('values.schema.json');
  return { name, version, files, ...(schema === undefined ? {} : { valuesSchema: readJson(schema, 'its values.schema.json') }) };
}

/** A chart archive from files below one folder. Equal files give equal bytes, and so an equal digest, on every machine and Node version. */
export function packChart(root: string, files: readonly TarFile[]): Buffer {
  const tar = writeTar(files.map((file) => ({ name: `${root}/${file.name}`, data: file.data })));
  // Not compressed: the bytes of a compressor change with zlib's version. The system byte of the header is the one thing left that differs.
  const archive = gzipSync(tar, { level: 0 });
  archive[9] = 255;
  return archive;
}
