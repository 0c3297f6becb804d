import { gunzip, type GunzipLimits } from './gunzip.ts';
import { readTar, type TarFile, type TarLimits } from './read-tar.ts';
import { refused, shown } from './refused.ts';

/** How deep archives may lie in archives (`charts/a.tgz` holds `charts/b.tgz` …). */
const NESTING = 4;

export type ArchiveLimits = GunzipLimits & TarLimits;

/** An archive whose every file passed, those in nested chart archives too. */
export interface OpenedArchive {
  /** The one folder that everything lies in; empty when files lie at the top. */
  readonly root: string;
  /** As they are named in the archive. */
  readonly files: readonly TarFile[];
  /** Charts that lie as archives below `charts/`. */
  readonly nested: readonly { readonly name: string; readonly archive: OpenedArchive }[];
  /** Content of a file by its path below the root. */
  find(path: string): Buffer | undefined;
}

/**
 * Unpacks an archive in memory, and the chart archives in it, because helm will unpack these too. Bytes and entries are counted for all of them together: many small
 * archives are no way around the limits.
 */
export async function openArchive(archive: Buffer, limits: ArchiveLimits): Promise<OpenedArchive> {
  const budget = { unpacked: limits.unpacked, entries: limits.entries };
  return open(archive, limits, { budget, depth: 0 });
}

interface Spent {
  readonly budget: { unpacked: number; entries: number };
  readonly depth: number;
}

async function open(archive: Buffer, limits: ArchiveLimits, spent: Spent): Promise<OpenedArchive> {
  if (spent.depth > NESTING) throw refused(`archives in it lie in archives more than ${NESTING} levels deep`);
  const { budget } = spent;
  const whole = await gunzip(archive, { ...limits, unpacked: budget.unpacked });
  budget.unpacked -= whole.length;
  const files = readTar(whole, { ...limits, entries: budget.entries });
  budget.entries -= files.length;
  const root = rootOf(files);
  const byName = new Map(files.map((file) => [file.name, file.data]));
  const nested: { name: string; archive: OpenedArchive }[] = [];
  for (const { name, data } of files) {
    if (!/(^|\/)charts\/[^/]+\.tgz$/.test(name)) continue;
    try {
      nested.push({ name, archive: await open(data, limits, { budget, depth: spent.depth + 1 }) });
    } catch (error) {
      throw refused(`"${shown(name)}" in it is not what it should be (${error instanceof Error ? error.message.replace(/\.$/, '') : ''})`);
    }
  }
  return { root, files, nested, find: (path) => byName.get(root === '' ? path : `${root}/${path}`) };
}

function rootOf(files: readonly TarFile[]): string {
  const roots = new Set(files.map(({ name }) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '')));
  const [root = ''] = roots;
  return roots.size === 1 ? root : '';
}
