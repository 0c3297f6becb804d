import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, SlipwayError, type Logger } from '@slipway/kit';

export interface HaproxyProcess {
  /** Puts this configuration in force: checked first, then taken over without a connection being cut. The first one starts HAProxy. */
  configure(files: Readonly<Record<string, string>>): Promise<void>;
  /** Rejects when HAProxy ends without having been told to. */
  readonly ended: Promise<never>;
  /** Lets connections end for so long, then stops. */
  stop(graceMs: number): Promise<void>;
}

export interface HaproxyOptions {
  readonly binary: string;
  readonly directory: string;
  readonly logger: Logger;
}

/** HAProxy as a child process, in master-worker mode: a reload starts new workers on the same sockets and lets the old ones finish. */
export function createHaproxy({ binary, directory, logger }: HaproxyOptions): HaproxyProcess {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  let child: ChildProcess | undefined;
  let stopping = false;

  function start(): void {
    child = spawn(binary, ['-W', '-f', join(directory, 'haproxy.cfg')], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => ended.reject(error));
    child.on('exit', (code, signal) => {
      if (!stopping) ended.reject(new SlipwayError('Internal', `HAProxy ended with ${signal ?? `exit code ${code}`}.`));
    });
  }

  return {
    ended: ended.promise,

    async configure(files) {
      const candidate = join(directory, 'candidate.cfg');
      await writeAll(directory, { ...files, 'candidate.cfg': files['haproxy.cfg'] ?? '' });
      await run(binary, ['-c', '-q', '-f', candidate]).catch((cause: unknown) => {
        throw new SlipwayError('Internal', `HAProxy refuses the configuration made for it, which stays out of force: ${String(cause)}`, {
          cause,
        });
      });
      await rename(candidate, join(directory, 'haproxy.cfg'));
      if (child === undefined) start();
      else child.kill('SIGUSR2');
      await removeOthers(
        join(directory, 'certificates'),
        Object.keys(files)
          .filter((name) => name.startsWith('certificates/'))
          .map((name) => name.slice('certificates/'.length)),
      );
      logger.info({ backends: (files['haproxy.cfg'] ?? '').split('\nbackend ').length - 2 }, 'a configuration is in force');
    },

    async stop(graceMs) {
      stopping = true;
      const running = child;
      if (running === undefined || running.exitCode !== null) return;
      const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      // "Soft stop": no new connections, the old ones may end.
      running.kill('SIGUSR1');
      const timer = setTimeout(() => running.kill('SIGTERM'), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Maps and certificates are read when HAProxy (re)starts, and not before: they may lie there ahead of the configuration. */
async function writeAll(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    if (name === 'haproxy.cfg') continue;
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Keys are among them.
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

/** The key of a Secret that is gone must not lie about. */
async function removeOthers(directory: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(directory)) if (!kept.includes(name)) await rm(join(directory, name));
}
