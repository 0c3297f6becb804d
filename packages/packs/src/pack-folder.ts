import { readFile, stat } from 'node:fs/promises';
import { SlipwayError } from '@slipway/kit';
import { readYaml } from '@slipway/model';
import type { TarFile } from './archive/read-tar.ts';
import { CHART_LIMITS, packChart } from './chart-archive.ts';
import { readChartYaml } from './chart-yaml.ts';
import { readFolder } from './registries/file-tree.ts';

/** Files beside a pack that are no part of it. */
const NOT_PACKED = new Set(['.DS_Store', '.helmignore']);

/** Every file of a folder, within the limits of a pack. Links are refused: they would pack what lies elsewhere. */
export async function filesOfFolder(folder: string): Promise<TarFile[]> {
  const tree = await readFolder(folder);
  const files = tree.files.filter(({ path }) => !NOT_PACKED.has(path.slice(path.lastIndexOf('/') + 1)));
  const bad = files.find(({ kind, size }) => kind !== 'file' || size > CHART_LIMITS.file);
  if (bad !== undefined)
    throw new SlipwayError('Invalid', `The folder ${folder} holds something that is not a plain file of reasonable size: ${bad.path}`);
  if (files.reduce((sum, { size }) => sum + size, 0) > CHART_LIMITS.unpacked)
    throw new SlipwayError('TooLarge', `The folder ${folder} is larger than ${CHART_LIMITS.unpacked} bytes.`);
  const contents = await tree.read(files);
  return files.map(({ path }, index) => ({ name: path, data: contents[index] ?? Buffer.alloc(0) }));
}

/** The archive of a pack on this machine: the file itself, or a folder packed as registries pack it. */
export async function archiveOfPath(path: string): Promise<Buffer> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new SlipwayError('NotFound', `There is no file or folder ${path}.`);
    throw error;
  });
  if (found.isFile()) {
    if (found.size > CHART_LIMITS.archive) throw new SlipwayError('TooLarge', `${path} is larger than ${CHART_LIMITS.archive} bytes.`);
    return readFile(path);
  }
  const files = await filesOfFolder(path);
  return packChart(nameOf(files, path), files);
}

function nameOf(files: readonly TarFile[], path: string): string {
  const find = (name: string) => files.find((file) => file.name === name)?.data;
  const chart = find('Chart.yaml');
  if (chart !== undefined) return readChartYaml(chart).name;
  const slipway = find('slipway.yaml');
  const name =
    slipway === undefined ? undefined : (readYaml(slipway.toString('utf8'), 'its slipway.yaml') as { name?: unknown } | null)?.name;
  if (typeof name === 'string') return name;
  const palette = find('pack.json') !== undefined;
  const what = `The folder ${path} is no pack: it has no Chart.yaml, and no slipway.yaml with a name.`;
  throw palette
    ? new SlipwayError('Invalid', what, { hint: `It is a Palette pack; import it with: slipway pack import ${path} --out packs` })
    : new SlipwayError('Invalid', what);
}
