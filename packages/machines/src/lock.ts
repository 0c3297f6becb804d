import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SlipwayError } from '@slipway/kit';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while holding an exclusive lock on `path`, against every other process and every other caller in this one.
 *
 * The lock is held by a `flock` child that lives as long as its stdin, a pipe from us: when this process dies, kill -9 included, the kernel
 * closes the pipe and the lock is free. Node has no flock of its own.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, options.signal);
  try {
    return await work();
  } finally {
    release();
  }
}

function acquire(path: string, signal: AbortSignal | undefined): Promise<() => void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--no-fork', '-x', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const abort = () => {
      child.kill('SIGKILL');
      reject(signal?.reason);
    };
    const failed = (reason: string) => reject(new SlipwayError('Internal', `The lock ${path} could not be taken: ${reason}.`));
    signal?.addEventListener('abort', abort, { once: true });
    child.on('error', (error) => failed(error.message));
    child.on('close', (code) => failed(`flock ended with ${code}`));
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () => {
      signal?.removeEventListener('abort', abort);
      resolve(() => child.stdin.end());
    });
  });
}
