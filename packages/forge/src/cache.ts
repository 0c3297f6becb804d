import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { recordFiles, type FileRecord } from './files.ts';
import { withProcessLock, type LockOptions } from './process-lock.ts';

const fileSchema = z.object({ path: z.string(), size: z.number(), sha256: z.string(), mode: z.number(), link: z.string().optional() });

/** Where the content of an entry came from. */
const sourceSchema = z.object({ type: z.enum(['bundle', 'release', 'go', 'made']), from: z.string() });
export type Source = z.infer<typeof sourceSchema>;

export const entrySchema = z.object({
  name: z.string(),
  version: z.string(),
  kind: z.enum(['binary', 'oci-layout', 'rootfs', 'chart', 'manifest', 'directory', 'layer']),
  /** Digest of everything the content was made from. */
  key: z.string(),
  /** Digest callers see: of the file, of an OCI layout's index.json, or of a directory's list of files. */
  digest: z.string(),
  /** The file callers want; empty for the whole directory. */
  path: z.string(),
  source: sourceSchema,
  names: z.array(z.string()).optional(),
  /** Free facts for operators: versions of Debian packages, of Go. */
  notes: z.record(z.string(), z.string()).optional(),
  files: z.array(fileSchema),
});
type Entry = z.infer<typeof entrySchema>;

export interface StoredEntry {
  readonly entry: Entry;
  /** The directory that holds the content. */
  readonly content: string;
}

export interface Cache {
  /** The entry if it is there and its files are what its manifest says; a damaged one counts as absent and is replaced by the next commit. */
  lookup(name: string, key: string): Promise<StoredEntry | undefined>;
  /** Runs `work` while no other process makes the same piece. */
  locked<T>(name: string, work: () => Promise<T>, options?: LockOptions): Promise<T>;
  /** An empty directory to make an entry in. Left-overs of interrupted runs of the same piece are removed: call it under its lock. */
  stage(name: string): Promise<string>;
  /** Makes a staged directory the entry, in one rename. */
  commit(staged: string, entry: Omit<Entry, 'files'>): Promise<StoredEntry>;
  readonly dir: string;
}

const slug = (name: string): string => name.replaceAll('/', '.');

/** Entries by name and key in a directory that processes and instances share: `<dir>/<name>/<key>/{entry.json,verified.json,content/}`. */
export function createCache(dir: string): Cache {
  const entryDir = (name: string, key: string) => join(dir, slug(name), key);
  const stages = join(dir, '.staging');

  const setAside = async (path: string) => {
    const away = join(stages, `broken-${randomBytes(6).toString('hex')}`);
    await mkdir(stages, { recursive: true });
    await rename(path, away).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(away, { recursive: true, force: true });
  };

  return {
    dir,
    async lookup(name, key) {
      const root = entryDir(name, key);
      const entry = await readEntry(root);
      const content = join(root, 'content');
      // A damaged entry is left for commit to replace: removing it here, without the lock, could hit the one that another process just made.
      return entry && (await isVerified(root, content, entry.files)) ? { entry, content } : undefined;
    },
    locked: (name, work, options) => withProcessLock(join(dir, '.locks', slug(name)), work, options),
    async stage(name) {
      await mkdir(stages, { recursive: true });
      const prefix = `${slug(name)}@`;
      const old = (await readdir(stages)).filter((item) => item.startsWith(prefix));
      for (const item of old) await rm(join(stages, item), { recursive: true, force: true });
      const staged = join(stages, `${prefix}${randomBytes(6).toString('hex')}`);
      await mkdir(join(staged, 'content'), { recursive: true });
      return staged;
    },
    async commit(staged, fields) {
      const content = join(staged, 'content');
      const entry: Entry = { ...fields, files: await recordFiles(content) };
      await writeFile(join(staged, 'entry.json'), JSON.stringify(entry, null, 1));
      await stamp(staged, content, entry.files);
      const target = entryDir(entry.name, entry.key);
      await mkdir(join(dir, slug(entry.name)), { recursive: true });
      await setAside(target);
      await rename(staged, target);
      return { entry, content: join(target, 'content') };
    },
  };
}

async function readEntry(root: string): Promise<Entry | undefined> {
  let text: string;
  try {
    text = await readFile(join(root, 'entry.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Size and times of every file when its hash was last seen to be right; hashing hundreds of MB at every start would cost seconds. */
const stampSchema = z.record(z.string(), z.string());

async function stampOf(content: string, files: readonly Pick<FileRecord, 'path'>[]): Promise<Record<string, string>> {
  const stamps: Record<string, string> = {};
  for (const { path } of files) {
    const stat = await lstat(join(content, path));
    stamps[path] = `${stat.size}:${stat.mtimeMs}:${stat.ino}:${stat.mode & 0o7777}`;
  }
  return stamps;
}

async function stamp(root: string, content: string, files: readonly Pick<FileRecord, 'path'>[]): Promise<void> {
  const temporary = join(root, `verified.${randomBytes(4).toString('hex')}`);
  await writeFile(temporary, JSON.stringify(await stampOf(content, files)));
  await rename(temporary, join(root, 'verified.json'));
}

async function isVerified(root: string, content: string, files: readonly z.infer<typeof fileSchema>[]): Promise<boolean> {
  try {
    const now = await stampOf(content, files);
    const before = stampSchema.parse(JSON.parse(await readFile(join(root, 'verified.json'), 'utf8')));
    if (files.every(({ path }) => before[path] === now[path])) return true;
  } catch {
    // No or unreadable stamp, or a file is gone: the full check below decides.
  }
  try {
    const actual = await recordFiles(content);
    const same =
      actual.length === files.length &&
      actual.every((file, at) => file.sha256 === files[at]?.sha256 && file.path === files[at].path && file.mode === files[at].mode);
    if (same) await stamp(root, content, files);
    return same;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
