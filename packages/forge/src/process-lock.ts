import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SlipwayError } from '@slipway/kit';

const BUSY = 75;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock and we start to wait for it. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while holding a lock between processes.
 *
 * The lock is the kernel's (flock), held by a child that ends when our end of its stdin closes: after `kill -9` of this process the
 * kernel closes it, so a lock can never be left behind and there is no stale lock to judge by pid.
 */
export async function withProcessLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let release = await take(file, false, options.signal);
  if (!release) {
    options.onWait?.();
    release = await take(file, true, options.signal);
  }
  try {
    return await work();
  } finally {
    await release?.();
  }
}

function take(file: string, wait: boolean, signal: AbortSignal | undefined): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const mode = wait ? [] : ['--nonblock', '--conflict-exit-code', String(BUSY)];
    // Its own process group: Ctrl-C in a terminal must not free the lock before our own clean-up is through.
    const child = spawn('flock', ['--exclusive', ...mode, file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const closed = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
    const stop = () => child.kill();
    signal?.addEventListener('abort', stop, { once: true });
    const settle = () => signal?.removeEventListener('abort', stop);
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) => {
      settle();
      reject(new SlipwayError('Host', 'The program "flock" (package util-linux) is not installed.', { cause }));
    });
    child.stdout.once('data', () => {
      settle();
      resolve(async () => {
        child.stdin.end();
        await closed;
      });
    });
    void closed.then((code) => {
      settle();
      if (signal?.aborted) return reject(signal.reason);
      if (code === BUSY && !wait) return resolve(undefined);
      return reject(new SlipwayError('Internal', `The lock ${file} could not be taken (flock ended with ${code}).`));
    });
  });
}
