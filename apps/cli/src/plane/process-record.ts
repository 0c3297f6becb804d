import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep, startTicks } from '@slipway/kit';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process in clock ticks since boot, from /proc: with the pid it names one process for ever, so a reused pid is never mistaken for ours. */
  startTime: z.string(),
  /** Changes with every boot: ticks since another boot mean nothing. */
  bootId: z.string(),
  name: z.string(),
  since: z.string(),
  detail: z.string().default(''),
});
export type ProcessRecord = z.infer<typeof recordSchema>;

const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim();

export async function recordOf(pid: number, name: string, detail = ''): Promise<ProcessRecord | undefined> {
  const startTime = await startTicks(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: await bootId(), name, since: new Date().toISOString(), detail };
}

export async function writeRecord(path: string, record: ProcessRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}.tmp`, JSON.stringify(record), { mode: 0o644 });
  await rename(`${path}.${process.pid}.tmp`, path);
}

export async function readRecord(path: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The record if the very process it names still runs. */
export async function runningRecord(path: string): Promise<ProcessRecord | undefined> {
  const record = await readRecord(path);
  if (!record) return undefined;
  return (await isRunning(record)) ? record : undefined;
}

export async function isRunning(record: ProcessRecord): Promise<boolean> {
  return (await startTicks(record.pid)) === record.startTime && (await bootId()) === record.bootId;
}

export const forgetRecord = (path: string): Promise<void> => rm(path, { force: true });

/** Ends the process a record names: SIGTERM, then SIGKILL after `graceMs`. Does nothing when that process is gone. */
export async function endProcess(record: ProcessRecord, graceMs: number): Promise<void> {
  if (!(await isRunning(record))) return;
  signalProcess(record.pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    if (!(await isRunning(record))) return;
    await sleep(50);
  }
  if (await isRunning(record)) signalProcess(record.pid, 'SIGKILL');
  while (await isRunning(record)) await sleep(20);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
