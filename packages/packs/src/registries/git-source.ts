import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { type FileTree, TREE_LIMITS, type TreeFile } from './file-tree.ts';
import { runGit } from './git-process.ts';
import { gitSettings, type GitRemote } from './git-settings.ts';
import { inWordsOf } from './ask.ts';

export interface GitInput {
  readonly remote: GitRemote;
  readonly ref?: string | undefined;
  /** Folder inside the repository. */
  readonly path: string;
  /** Where temporary folders are made. */
  readonly workDir: string;
  readonly from: string;
  readonly signal?: AbortSignal | undefined;
}

const LIMITS = {
  packBytes: 256 * 1024 * 1024,
  listBytes: 32 * 1024 * 1024,
  readBytes: 128 * 1024 * 1024,
  fetchMs: 120_000,
  readMs: 60_000,
} as const;

/**
 * The files of a git repository at a ref. The newest commit is fetched without its history into a bare repository that lives as long as `use` does: nothing is ever
 * checked out, so there are no hooks, filters (LFS), submodules or links to be led astray by; files come out of git as bytes.
 */
export async function withGitTree<T>(input: GitInput, use: (tree: FileTree, commit: string) => Promise<T>): Promise<T> {
  await mkdir(input.workDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(input.workDir, 'git-'));
  try {
    const { tree, commit } = await fetchTree(input, folder).catch((error: unknown) => {
      throw inWordsOf(input.from, error);
    });
    return await use(tree, commit);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchTree(input: GitInput, folder: string): Promise<{ tree: FileTree; commit: string }> {
  const { files, env } = gitSettings(input.remote, folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const repository = join(folder, 'repository.git');
  const git: Git = (args, more = {}) =>
    runGit({
      args: ['--git-dir', repository, ...args],
      cwd: folder,
      env,
      maxBytes: 1024 * 1024,
      timeoutMs: LIMITS.readMs,
      maxFileBytes: LIMITS.packBytes,
      signal: input.signal,
      ...more,
    });
  await git(['init', '--quiet', '--bare', '--template=', repository]);
  const what = ['--', input.remote.url, input.ref ?? 'HEAD'];
  await git(['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-commit-graph', ...what], {
    timeoutMs: LIMITS.fetchMs,
  });
  const commit = (await git(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).toString().trim();
  return { tree: await treeOf(git, commit, input.path), commit };
}

type Git = (args: readonly string[], more?: { stdin?: string; maxBytes?: number; timeoutMs?: number }) => Promise<Buffer>;

interface GitFile extends TreeFile {
  readonly object: string;
}

async function treeOf(git: Git, commit: string, path: string): Promise<FileTree> {
  const folder = path.replace(/\/+$/, '');
  // Trees that hold themselves many times over would make a list without end: it is cut off by its size.
  const list = await git(['ls-tree', '-r', '-z', '--long', folder === '' ? commit : `${commit}:${folder}`], { maxBytes: LIMITS.listBytes });
  const files: GitFile[] = [];
  for (const line of list.toString('utf8').split('\0')) {
    const [, mode, object, size, name] = /^(\d{6}) \w+ ([0-9a-f]{40,64}) +(\d+|-)\t(.+)$/s.exec(line) ?? [];
    if (mode === undefined || object === undefined || name === undefined) continue;
    files.push({ path: name, size: Number(size) || 0, kind: mode.startsWith('100') ? 'file' : 'other', object });
    if (files.length > TREE_LIMITS.files) throw new SlipwayError('TooLarge', `The repository holds more than ${TREE_LIMITS.files} files.`);
  }
  return {
    files,
    async read(wanted) {
      const objects = (wanted as readonly GitFile[]).map(({ object }) => object);
      if (wanted.some(({ kind }) => kind !== 'file')) throw new SlipwayError('Invalid', 'Only plain files are read.');
      if (wanted.reduce((sum, { size }) => sum + size, 0) > LIMITS.readBytes)
        throw new SlipwayError('TooLarge', 'These files are too large.');
      const stdin = objects.map((object) => `${object}\n`).join('');
      return splitBatch(await git(['cat-file', '--batch'], { stdin, maxBytes: LIMITS.readBytes + objects.length * 100 }), objects);
    },
  };
}

/** `<object> blob <size>\n<bytes>\n`, one after the other. */
function splitBatch(output: Buffer, objects: readonly string[]): Buffer[] {
  let at = 0;
  return objects.map((object) => {
    const end = output.indexOf(0x0a, at);
    const [, size] = new RegExp(`^${object} blob (\\d+)$`).exec(output.subarray(at, end).toString()) ?? [];
    if (size === undefined) throw new SlipwayError('Invalid', 'git gave something else than it was asked for.');
    const data = output.subarray(end + 1, end + 1 + Number(size));
    at = end + 2 + Number(size);
    return data;
  });
}
