import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { PlanePaths } from './paths.ts';
import { endProcess, forgetRecord, recordOf, runningRecord, writeRecord } from './process-record.ts';

const NAME = 'toolchain';
const statusSchema = z.object({
  state: z.enum(['running', 'done', 'failed']),
  detail: z.string(),
  at: z.string(),
  total: z.number(),
  done: z.number(),
});
export type ToolchainStatus = z.infer<typeof statusSchema>;

export const toolchainRecordPath = (paths: PlanePaths): string => join(paths.run, `${NAME}.json`);
export const toolchainStatusPath = (paths: PlanePaths): string => join(paths.run, 'toolchain-status.json');
export const toolchainLogPath = (paths: PlanePaths): string => join(paths.log, `${NAME}.log`);

/** Makes pieces without anybody waiting: in a process of its own, at the lowest priority, so that clusters come first. One at a time. */
export async function buildInBackground(paths: PlanePaths, pieces: readonly string[]): Promise<boolean> {
  if (await runningRecord(toolchainRecordPath(paths))) return false;
  await mkdir(paths.log, { recursive: true });
  const log = await open(toolchainLogPath(paths), 'a', 0o644);
  const main = fileURLToPath(new URL('toolchain-main.ts', import.meta.url));
  const child = spawn('nice', ['-n', '19', process.execPath, main, ...pieces], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
    env: { ...process.env, SLIPWAY_HOME: paths.home, SLIPWAY_CACHE: paths.cache },
  });
  child.on('error', () => undefined);
  child.unref();
  await log.close();
  const record = child.pid === undefined ? undefined : await recordOf(child.pid, NAME);
  if (record) await writeRecord(toolchainRecordPath(paths), record);
  return record !== undefined;
}

export async function stopBackground(paths: PlanePaths): Promise<boolean> {
  const record = await runningRecord(toolchainRecordPath(paths));
  if (record) await endProcess(record, 10_000);
  await forgetRecord(toolchainRecordPath(paths));
  return record !== undefined;
}

/** What the background build last said; `undefined` when none was started in this home. */
export async function backgroundStatus(paths: PlanePaths): Promise<ToolchainStatus | undefined> {
  const text = await readFile(toolchainStatusPath(paths), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = statusSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  if (parsed.data.state === 'running' && !(await runningRecord(toolchainRecordPath(paths))))
    return { ...parsed.data, state: 'failed', detail: `stopped at: ${parsed.data.detail}` };
  return parsed.data;
}
