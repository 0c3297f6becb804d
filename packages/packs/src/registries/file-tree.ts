import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';

export interface TreeFile {
  /** Below the tree's root, with `/`. */
  readonly path: string;
  readonly size: number;
  /** `other` is a link, a submodule, a device: it may be there, and is never read. */
  readonly kind: 'file' | 'other';
}

/** Files of a folder, wherever they come from. */
export interface FileTree {
  readonly files: readonly TreeFile[];
  /** In the order asked for. */
  read(files: readonly TreeFile[]): Promise<Buffer[]>;
}

export const TREE_LIMITS = { files: 100_000, depth: 12 } as const;

/** A folder of this machine. Links are not followed, neither in it nor out of it. */
export async function readFolder(root: string): Promise<FileTree> {
  const files: TreeFile[] = [];
  const walk = async (prefix: string, depth: number): Promise<void> => {
    if (depth > TREE_LIMITS.depth) return;
    const entries = await readdir(join(root, prefix), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name === '.git') continue;
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) await walk(path, depth + 1);
      else if (entry.isFile()) files.push({ path, size: (await stat(join(root, path))).size, kind: 'file' });
      else files.push({ path, size: 0, kind: 'other' });
      if (files.length > TREE_LIMITS.files) throw new SlipwayError('TooLarge', `The folder holds more than ${TREE_LIMITS.files} files.`);
    }
  };
  await walk('', 0).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return {
    files,
    async read(wanted) {
      const contents: Buffer[] = [];
      for (const { path, kind } of wanted) {
        if (kind !== 'file') throw new SlipwayError('Invalid', `${path} is not a plain file.`);
        // The folder may have changed since: a link in a file's place is an error, not another file.
        const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
        contents.push(await file.readFile().finally(() => file.close()));
      }
      return contents;
    },
  };
}

/** Which folders of the hub's machine registries may name: `/srv/packs` for everybody, `acme=/srv/acme` for one tenant. From `SLIPWAY_REGISTRY_FOLDERS`, separated by commas. */
export type AllowedFolders = readonly { readonly tenant?: string; readonly path: string }[];

export const allowedFolders = (text: string | undefined): AllowedFolders =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, tenant, path] = /^(?:([a-z0-9-]+)=)?(\/.*)$/.exec(part) ?? [];
      if (path === undefined)
        throw new SlipwayError('Invalid', `"${part}" in SLIPWAY_REGISTRY_FOLDERS is not an absolute path, nor tenant=/path.`);
      return tenant === undefined ? { path } : { tenant, path };
    });

/** The folder as it really is, if the installation allows it. The same words for what is not there and what is not allowed. */
export async function permittedFolder(allowed: AllowedFolders, tenant: string, wanted: string): Promise<string> {
  const real = await realpath(wanted).catch(() => undefined);
  const roots = await Promise.all(
    allowed.filter((one) => one.tenant === undefined || one.tenant === tenant).map(({ path }) => realpath(path).catch(() => undefined)),
  );
  if (real !== undefined && roots.some((root) => root !== undefined && (real === root || real.startsWith(`${root.replace(/\/$/, '')}/`))))
    return real;
  throw new SlipwayError('Forbidden', `The folder ${wanted} is not one that registries may use.`, {
    hint: 'An operator of this installation names the folders with SLIPWAY_REGISTRY_FOLDERS.',
    retryable: false,
  });
}
