import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, SlipwayError } from '@slipway/kit';
import { isRunning, type ProcessRecord, readRecord, recordOf } from './process-record.ts';

export interface HeldLock {
  release(): Promise<void>;
}

/**
 * One `up` or `down` at a time per home. The lock names its holder, so one left by a killed process is taken over.
 * `onWait` is called once with the holder when somebody else has it.
 */
export async function takeLock(
  run: string,
  name: string,
  detail: string,
  options: { signal: AbortSignal; onWait: (holder: ProcessRecord) => void },
): Promise<HeldLock> {
  await mkdir(run, { recursive: true });
  const path = join(run, `${name}.lock`);
  const draft = join(run, `${name}.${process.pid}.lock.tmp`);
  const mine = await recordOf(process.pid, name, detail);
  await writeFile(draft, JSON.stringify(mine));
  let told = false;
  try {
    for (;;) {
      // link(2) is atomic and fails when the name is taken: the file is never seen half written.
      const taken = await link(draft, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      if (taken) return { release: () => rm(path, { force: true }) };
      const holder = await readRecord(path);
      if (!holder || !(await isRunning(holder))) {
        await rm(path, { force: true });
        continue;
      }
      if (!told) options.onWait(holder);
      told = true;
      await sleep(500, options.signal);
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw diskFull(run, error);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

export function diskFull(path: string, cause: unknown): SlipwayError {
  return new SlipwayError('Host', `The disk that holds ${path} is full.`, {
    cause,
    hint: `Free some space (df -h ${path}; du -xsh ${path}/*), then run the same command again.`,
  });
}
