import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FuzzJob, FuzzResult } from './worker.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Number of the first input. */
  readonly from?: number;
  /** Only this target. */
  readonly only?: string | undefined;
  /** Seconds after which one input counts as a hang. */
  readonly hangSeconds?: number;
  /** Where an input that failed is kept. */
  readonly keepIn: string;
  readonly onProgress?: (done: number) => void;
}

const INPUT = 1024 * 1024;

/** Runs inputs in a thread and watches it: a crash, a hang, a broken promise ends the run with the input kept in a file. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, inputs, from = 0, only, hangSeconds = 60 } = options;
  const job: FuzzJob = { seed, from, inputs, only, progress: new SharedArrayBuffer(8), input: new SharedArrayBuffer(INPUT) };
  const state = new Int32Array(job.progress);
  // A crash by memory is the thread's own.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: job, resourceLimits: { maxOldGenerationSizeMb: 512 } });
  const result = await new Promise<FuzzResult>((done) => {
    let last = { number: 0, since: Date.now() };
    const failed = (message: string): void => {
      clearInterval(watch);
      void worker.terminate();
      done({ counts: {}, failure: { target: 'unknown', input: Atomics.load(state, 0) - 1, message } });
    };
    const watch = setInterval(() => {
      const number = Atomics.load(state, 0);
      options.onProgress?.(number - from);
      if (number !== last.number) last = { number, since: Date.now() };
      else if (Date.now() - last.since > hangSeconds * 1000) failed(`it hangs: nothing for ${hangSeconds} s`);
    }, 1000);
    worker.once('message', (answer: FuzzResult) => {
      clearInterval(watch);
      void worker.terminate();
      done(answer);
    });
    worker.once('error', (error) => failed(`the thread ended: ${String(error)}`));
  });
  if (result.failure === undefined) return result;
  await mkdir(options.keepIn, { recursive: true });
  const file = join(options.keepIn, `input-${seed}-${result.failure.input}.bin`);
  await writeFile(file, Buffer.from(new Uint8Array(job.input).slice(0, Atomics.load(state, 1))));
  return {
    ...result,
    failure: {
      ...result.failure,
      message: `${result.failure.message}\nThe input is in ${file}; again: npm run fuzz -- --seed ${seed} --from ${result.failure.input} --inputs 1`,
    },
  };
}
