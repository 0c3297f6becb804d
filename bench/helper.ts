import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A program of this folder that works beside the bench, in a process of its own: it takes its job as a line of JSON, may say lines, and at `stop` prints a result and ends. */
export function startHelper<Result>(file: string, job: object) {
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done) throw new Error(`${file} ended early`);
    return next.value;
  };
  child.stdin.write(`${JSON.stringify(job)}\n`);
  return {
    pid: child.pid ?? 0,
    line,
    say: (job: object): void => void child.stdin.write(`${JSON.stringify(job)}\n`),
    async stop(): Promise<Result> {
      child.stdin.write('stop\n');
      return JSON.parse(await line()) as Result;
    },
  };
}
