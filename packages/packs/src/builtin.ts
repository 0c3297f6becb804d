import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, SlipwayError } from '@slipway/kit';
import { parse } from 'yaml';
import { CHART_LIMITS, packChart } from './chart-archive.ts';
import type { TarFile } from './tar.ts';

/** How deep below the directory a chart may lie: `<name>`, `charts/<name>`, `charts/<name>/<version>`. */
const DEPTH = 3;

/** The archive of a chart that comes with the hub: `<name>-<version>.tgz` as it is, or a folder whose Chart.yaml has that name and version, packed so that equal files give an equal digest. */
export async function packBuiltin(directory: string, name: string, version: string): Promise<Buffer> {
  const others: string[] = [];
  for (const candidate of await candidates(directory, DEPTH)) {
    if (candidate.endsWith('.tgz')) {
      if (basename(candidate) === `${name}-${version}.tgz`) return readFile(candidate);
      continue;
    }
    const chart = await chartOf(candidate);
    if (chart.name !== name) continue;
    if (chart.version === version) return packChart(name, await filesBelow(candidate));
    others.push(chart.version);
  }
  if (others.length === 0) throw new SlipwayError('NotFound', `The built-in registry has no chart "${name}".`);
  throw new SlipwayError('NotFound', `The built-in registry has no version ${version} of chart "${name}".`, {
    hint: `It has: ${others.join(', ')}.`,
  });
}

/** Chart folders and archives below a directory, in a fixed order. */
async function candidates(directory: string, depth: number): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries.some((entry) => entry.name === 'Chart.yaml')) return [directory];
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isFile() && entry.name.endsWith('.tgz')) found.push(path);
    else if (entry.isDirectory() && depth > 0) found.push(...(await candidates(path, depth - 1)));
  }
  return found;
}

async function chartOf(folder: string): Promise<{ name: string; version: string }> {
  try {
    const chart = parse(await readFile(join(folder, 'Chart.yaml'), 'utf8')) as { name?: unknown; version?: unknown } | null;
    return { name: String(chart?.name), version: String(chart?.version) };
  } catch (error) {
    throw new SlipwayError('Invalid', `The Chart.yaml in ${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function filesBelow(folder: string, prefix = ''): Promise<TarFile[]> {
  const files: TarFile[] = [];
  for (const name of await readdir(folder)) {
    if (name === '.git' || name === '.DS_Store' || name === '.helmignore') continue;
    const path = join(folder, name);
    const stat = await lstat(path);
    if (stat.isDirectory()) files.push(...(await filesBelow(path, `${prefix}${name}/`)));
    else if (stat.isFile() && stat.size <= CHART_LIMITS.file) files.push({ name: `${prefix}${name}`, data: await readFile(path) });
    else throw new SlipwayError('Invalid', `The chart folder holds something that is not a plain file of reasonable size: ${path}`);
  }
  return files;
}
