import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@slipway/kit';
import type { PlanePaths } from './paths.ts';
import { endProcess, forgetRecord, type ProcessRecord, runningRecord } from './process-record.ts';
import { type PlaneFile, writePlaneFile } from './process-specs.ts';
import { SUPERVISOR } from './supervisor.ts';

const STOP_GRACE_MS = 60_000;
const ORPHAN_GRACE_MS = 10_000;
const CHILDREN = ['gateway-agent', 'hub'] as const;

export const recordPath = (paths: PlanePaths, name: string): string => join(paths.run, `${name}.json`);
export const supervisorRecord = (paths: PlanePaths): Promise<ProcessRecord | undefined> => runningRecord(recordPath(paths, SUPERVISOR));

/** Whether the supervisor or anything it started runs: a killed supervisor leaves its processes behind. */
export async function planeRuns(paths: PlanePaths): Promise<boolean> {
  const records = await Promise.all([SUPERVISOR, ...CHILDREN].map((name) => runningRecord(recordPath(paths, name))));
  return records.some((record) => record !== undefined);
}

/** Makes the supervisor run exactly these processes: starts it, or tells the running one to read the file again. Returns when it has taken note. */
export async function runPlane(paths: PlanePaths, file: PlaneFile, signal?: AbortSignal): Promise<void> {
  await Promise.all([mkdir(paths.run, { recursive: true }), mkdir(paths.log, { recursive: true })]);
  await writePlaneFile(paths.processes, file);
  const running = await supervisorRecord(paths);
  if (running) {
    process.kill(running.pid, 'SIGHUP');
    return;
  }
  const log = await open(join(paths.log, `${SUPERVISOR}.log`), 'a', 0o640);
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  // Detached with its own session: Ctrl-C in the shell that ran `up` does not reach it.
  const child = spawn(process.execPath, [main], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
    env: { ...process.env, SLIPWAY_HOME: paths.home, SLIPWAY_CACHE: paths.cache },
  });
  child.unref();
  await log.close();
  await waitFor(() => supervisorRecord(paths), {
    what: 'the supervisor to start',
    timeoutMs: 10_000,
    intervalMs: 50,
    ...(signal ? { signal } : {}),
  });
}

/** Stops supervisor, gateway agent and hub; whatever a killed supervisor left behind too. */
export async function stopPlane(paths: PlanePaths): Promise<string[]> {
  const stopped: string[] = [];
  const supervisor = await supervisorRecord(paths);
  const alive = await Promise.all(CHILDREN.map((name) => runningRecord(recordPath(paths, name))));
  if (supervisor) {
    await endProcess(supervisor, STOP_GRACE_MS);
    await forgetRecord(recordPath(paths, SUPERVISOR));
    stopped.push('supervisor');
  }
  for (const [index, name] of CHILDREN.entries()) {
    const left = await runningRecord(recordPath(paths, name));
    if (left) await endProcess(left, ORPHAN_GRACE_MS);
    await forgetRecord(recordPath(paths, name));
    if (alive[index]) stopped.push(name);
  }
  return stopped;
}
