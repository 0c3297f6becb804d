import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '@slipway/kit';

/** One file of a tree as it is listed in manifests. */
export interface FileRecord {
  /** Relative, with `/`. */
  readonly path: string;
  readonly size: number;
  /** Hex; of the target's text for a symbolic link. */
  readonly sha256: string;
  readonly mode: number;
  readonly link?: string;
}

/** Hex SHA-256 of a file's content. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Relative paths of everything that is not a directory below `root`, sorted. */
export async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

/** Lists a tree with the digest of every file. */
export async function recordFiles(root: string): Promise<FileRecord[]> {
  const records: FileRecord[] = [];
  for (const path of await listFiles(root)) records.push(await recordFile(root, path));
  return records;
}

async function recordFile(root: string, path: string): Promise<FileRecord> {
  const full = join(root, path);
  const stat = await lstat(full);
  if (stat.isSymbolicLink()) {
    const link = await readlink(full);
    return { path, size: 0, sha256: sha256Hex(link), mode: 0o777, link };
  }
  return { path, size: stat.size, sha256: await sha256File(full), mode: stat.mode & 0o7777 };
}

/** `sha256:…` of a whole tree: of the list of its files. */
export const treeDigest = (files: readonly FileRecord[]): string => `sha256:${sha256Hex(canonicalJson(files))}`;
