import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startTicks } from '@slipway/kit';
import { run } from './programs.ts';

/** Removes a directory tree, never crossing into a mount: what is mounted below stays untouched and the call fails. */
export async function removeTree(path: string): Promise<void> {
  await run('rm', ['-rf', '--one-file-system', '--', path]);
}

/**
 * A new directory below `<cache>/tmp` for something that is made beside and renamed when whole. Its name carries our pid: leftovers of
 * processes that are gone are removed here, so a killed build costs disk only until the next one.
 */
export async function freshTemporary(cache: string, purpose: string): Promise<string> {
  const parent = join(cache, 'tmp');
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const owner = /^(\d+)-(\d+)-/.exec(name);
    if (owner && (await startTicks(Number(owner[1]))) !== owner[2]) await removeTree(join(parent, name));
  }
  const path = join(parent, `${process.pid}-${await startTicks(process.pid)}-${purpose}-${randomBytes(4).toString('hex')}`);
  await mkdir(path, { mode: 0o755 });
  return path;
}

/** Writes a file so that a reader sees the old or the new content, never half, after a power cut too. */
export async function writeAtomic(path: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The text of a file, or undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Names in a directory; none when it does not exist. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
