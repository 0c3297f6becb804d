import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { backoff } from '@slipway/kit';
import { endProcess, forgetRecord, recordOf, runningRecord, writeRecord } from './process-record.ts';
import type { ProcessSpec } from './process-specs.ts';

export interface ChildDeps {
  readonly run: string;
  readonly log: string;
  readonly say: (message: string) => void;
}

export interface SupervisedChild {
  readonly spec: ProcessSpec;
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a process must have run for its next failure to count as the first. */
const STEADY_MS = 10_000;
const GRACE_MS = 15_000;

/** Keeps one process running: restarts it after an end it was not asked for, with a growing delay; output goes to its own log file, which it keeps when we die. */
export function createChild(spec: ProcessSpec, deps: ChildDeps): SupervisedChild {
  const recordPath = join(deps.run, `${spec.name}.json`);
  let child: ChildProcess | undefined;
  let stopped = true;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const launch = async (): Promise<void> => {
    if (stopped) return;
    const log = await open(join(deps.log, `${spec.name}.log`), 'a', 0o640);
    const startedAt = performance.now();
    const started = spawn(spec.command, spec.args, { env: { ...process.env, ...spec.env }, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
    child = started;
    started.once('error', (error) => deps.say(`${spec.name} could not be started: ${error.message}`));
    started.once('close', (code, signal) => {
      void log.close();
      if (child === started) child = undefined;
      if (stopped) return;
      if (performance.now() - startedAt > STEADY_MS) failures = 0;
      const delay = backoff(failures++, { baseMs: 250, maxMs: 10_000, jitter: 0.2 });
      deps.say(`${spec.name} ended (${signal ?? `exit code ${code}`}); starting it again in ${delay} ms`);
      timer = setTimeout(() => void launch().catch((error: Error) => deps.say(`${spec.name}: ${error.message}`)), delay);
    });
    if (started.pid === undefined) return;
    const record = await recordOf(started.pid, spec.name);
    if (record && child === started) await writeRecord(recordPath, record);
    deps.say(`${spec.name} started with pid ${started.pid}`);
  };
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    const record = await runningRecord(recordPath);
    if (record) await endProcess(record, GRACE_MS);
    await forgetRecord(recordPath);
  };

  return {
    spec,
    async start() {
      // A process of a supervisor that was killed still runs: two hubs on one database is worse than a short pause.
      await end();
      stopped = false;
      await launch();
    },
    async restart() {
      stopped = true;
      await end();
      stopped = false;
      failures = 0;
      await launch();
    },
    async stop() {
      stopped = true;
      await end();
    },
  };
}
