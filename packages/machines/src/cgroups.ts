import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@slipway/kit';
import { namesIn } from './trees.ts';

const mountPoint = '/sys/fs/cgroup';

/** Directories of a cgroup (`slipway-abc123/dev-cp-1`) in every hierarchy that has it: one per controller on version 1, one on version 2. */
export async function cgroupDirectories(group: string): Promise<string[]> {
  const parents = [mountPoint, ...(await namesIn(mountPoint)).map((name) => join(mountPoint, name))];
  const found: string[] = [];
  for (const parent of parents) {
    const path = join(parent, group);
    if (await exists(path)) found.push(path);
  }
  return found;
}

/** Ids of all processes in a cgroup and below it. */
export async function cgroupProcesses(group: string): Promise<number[]> {
  const pids = new Set<number>();
  for (const directory of await cgroupDirectories(group)) {
    for (const path of await descendants(directory)) {
      const text = await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const line of text.split('\n')) if (line) pids.add(Number(line));
    }
  }
  return [...pids];
}

/**
 * Kills every process of a cgroup and removes it with all below it, in every hierarchy. Nothing there: nothing done.
 *
 * @throws SlipwayError('Timeout') when processes outlive SIGKILL for 15 s (stuck in the kernel).
 */
export async function destroyCgroup(group: string): Promise<void> {
  await waitFor(
    async () => {
      const pids = await cgroupProcesses(group);
      for (const pid of pids) endProcess(pid, 'SIGKILL');
      if (pids.length > 0) return false;
      for (const directory of await cgroupDirectories(group)) {
        // Deepest first. A group just emptied can be busy for a moment: the next round takes it.
        for (const path of (await descendants(directory)).toReversed()) await rmdir(path).catch(() => undefined);
      }
      return (await cgroupDirectories(group)).length === 0;
    },
    { what: `the processes of cgroup ${group} to end`, timeoutMs: 15_000, intervalMs: 20 },
  );
}

/** Sends the signal; nothing happens when the process is gone. */
export function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** The directory and all below it, parents before children. */
async function descendants(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => descendants(join(directory, entry.name))));
  return [directory, ...below.flat()];
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
