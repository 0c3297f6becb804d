import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '@slipway/kit';
import { createChild, type SupervisedChild } from './child.ts';
import { rotateLogs } from './log-rotation.ts';
import type { PlanePaths } from './paths.ts';
import { forgetRecord, recordOf, runningRecord, writeRecord } from './process-record.ts';
import { readPlaneFile } from './process-specs.ts';

export const SUPERVISOR = 'plane';
const ROTATE_MS = 60_000;
const DEBOUNCE_MS = 150;

export interface Supervisor {
  /** Starts what the plane file says; returns when the signal aborted and everything is stopped, last started first. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads the plane file again: new processes start, changed ones restart, vanished ones stop. */
  reload(): Promise<void>;
}

export function createSupervisor(paths: PlanePaths, say: (message: string) => void): Supervisor {
  const children = new Map<string, SupervisedChild>();
  const watchers = new Map<string, AbortController>();
  let queue = Promise.resolve();
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work).catch((error: unknown) => say(messageOf(error)));
    return queue;
  };

  const unwatch = (name: string) => {
    watchers.get(name)?.abort();
    watchers.delete(name);
  };
  const watchSources = (child: SupervisedChild) => {
    unwatch(child.spec.name);
    if (child.spec.watch.length === 0) return;
    const controller = new AbortController();
    watchers.set(child.spec.name, controller);
    let pending: NodeJS.Timeout | undefined;
    const changed = (file: string | null) => {
      if (file === null || !/\.(ts|json|sql|yaml)$/.test(file) || file.endsWith('.test.ts')) return;
      clearTimeout(pending);
      pending = setTimeout(() => {
        say(`${file} changed: restarting ${child.spec.name}`);
        void inOrder(() => child.restart());
      }, DEBOUNCE_MS);
    };
    for (const directory of child.spec.watch)
      watch(directory, { recursive: true, signal: controller.signal }, (_event, file) => changed(file));
  };
  const converge = async (): Promise<void> => {
    const file = await readPlaneFile(paths.processes);
    const wanted = new Map((file?.processes ?? []).map((spec) => [spec.name, spec]));
    for (const [name, child] of [...children].toReversed()) {
      if (isDeepStrictEqual(wanted.get(name), child.spec)) continue;
      unwatch(name);
      await child.stop();
      children.delete(name);
    }
    for (const [name, spec] of wanted) {
      if (children.has(name)) continue;
      const child = createChild(spec, { run: paths.run, log: paths.log, say });
      children.set(name, child);
      watchSources(child);
      await child.start();
    }
  };
  const stopAll = async (): Promise<void> => {
    for (const [name, child] of [...children].toReversed()) {
      unwatch(name);
      await child.stop();
    }
    children.clear();
  };

  return {
    reload: () => inOrder(converge),
    async run(signal) {
      await Promise.all([mkdir(paths.run, { recursive: true }), mkdir(paths.log, { recursive: true })]);
      const recordPath = join(paths.run, `${SUPERVISOR}.json`);
      const other = await runningRecord(recordPath);
      if (other && other.pid !== process.pid) return say(`another supervisor runs already with pid ${other.pid}`);
      const record = await recordOf(process.pid, SUPERVISOR);
      if (record) await writeRecord(recordPath, record);
      const rotation = setInterval(() => void rotateLogs(paths.log).catch((error: unknown) => say(messageOf(error))), ROTATE_MS);
      await inOrder(converge);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      clearInterval(rotation);
      await inOrder(stopAll);
      await forgetRecord(recordPath);
    },
  };
}
