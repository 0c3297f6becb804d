import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { waitFor } from './async.ts';
import { run } from './process.ts';

/** What `run` says when it has failed. */
const failure = (running: Promise<unknown>) =>
  running.then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  );
const isRunning = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) [ZX] /.test(stat),
    () => false,
  );
/** A shell that has said its pid: then its traps are set, too. */
function startedShell(script: string, options: Parameters<typeof run>[2] = {}) {
  const pid = Promise.withResolvers<number>();
  const running = run('sh', ['-c', `${script}`], { ...options, onLine: (line) => pid.resolve(Number(line)) });
  return { pid: pid.promise, running };
}

test('gives code and output, feeds stdin, and hands out whole lines as they come', async () => {
  const lines: string[] = [];
  const result = await run('sh', ['-c', 'cat; echo problem >&2; printf last; exit 3'], {
    stdin: 'one\ntwo\n',
    allow: [3],
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
  });
  expect(result).toEqual({ code: 3, stdout: 'one\ntwo\nlast', stderr: 'problem\n' });
  expect(lines.toSorted()).toEqual(['stderr problem', 'stdout last', 'stdout one', 'stdout two']);
});

test('a failure says what the program said, not what must not be read; a missing program is a need of the host', async () => {
  expect((await failure(run('sh', ['-c', 'echo the reason >&2; exit 2', 'secret'], { as: 'a script' })))?.message).toBe(
    'a script: exit code 2: the reason',
  );
  expect(await failure(run('no-such-program-here', []))).toMatchObject({ code: 'Host' });
});

test('one that takes too long is asked to end, and rejects as a timeout only when it is gone', async () => {
  const { pid, running } = startedShell('trap "exit 0" TERM; echo $$; while :; do sleep 0.02; done', { timeoutMs: 300 });
  const error = await failure(running);
  expect(error).toMatchObject({ code: 'Timeout' });
  expect(error?.message).toContain('not done after 0.3 s');
  expect(await isRunning(await pid)).toBe(false);
});

test('one that does not listen is killed after the grace, even when its children hold its output open', async () => {
  const stop = new AbortController();
  const { pid, running } = startedShell('trap "" TERM; echo $$; sleep 20 & while :; do sleep 0.02; done', {
    signal: stop.signal,
    graceMs: 100,
  });
  const shell = await pid;
  const reason = new Error('nobody wants it');
  const asked = performance.now();
  stop.abort(reason);
  expect(await failure(running)).toBe(reason);
  expect(performance.now() - asked).toBeGreaterThanOrEqual(95);
  expect(performance.now() - asked).toBeLessThan(15_000);
  expect(await isRunning(shell)).toBe(false);
});

test('what it stands in for is told first, and one that nobody waited for is never started', async () => {
  const told: string[] = [];
  const stop = new AbortController();
  const { pid, running } = startedShell('trap "" TERM; echo $$; while :; do sleep 0.02; done', {
    signal: stop.signal,
    graceMs: 50,
    endToo: async (signal) => {
      told.push(signal);
      throw new Error('out of reach');
    },
  });
  const shell = await pid;
  stop.abort(new Error('enough'));
  expect((await failure(running))?.message).toBe('enough');
  expect(told).toEqual(['SIGTERM', 'SIGKILL']);
  await waitFor(async () => !(await isRunning(shell)), { what: 'the end', timeoutMs: 2000, intervalMs: 10 });
  expect((await failure(run('sh', ['-c', 'exit 0'], { signal: stop.signal })))?.message).toBe('enough');
});
