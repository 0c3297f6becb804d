import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { backoff, type Logger, messageOf, sleep, startTicks } from '@slipway/kit';
import { stringify } from 'yaml';

export interface RegistryProcessOptions {
  /** The distribution project's program. It may come later: the toolchain makes it in the background. */
  readonly program: string;
  /** Where it keeps what is pushed. */
  readonly storage: string;
  /** Where it listens; nobody but this user may connect. */
  readonly socket: string;
  readonly logger: Logger;
}

export interface RegistryProcess {
  /** Answers at its socket. */
  ready(): boolean;
  /** Why not, for people. */
  problem(): string;
  /** Runs it until the signal aborts; resolves when it is gone. */
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 5000;
const STEADY_MS = 10_000;
const START_MS = 20_000;
const GRACE_MS = 5000;

/** Keeps the registry running beside the hub: started when its program is there, started again when it ends, taken along when the hub stops. */
export function createRegistryProcess({ program, storage, socket, logger }: RegistryProcessOptions): RegistryProcess {
  let ready = false;
  let problem = 'is being built in the background; slipway status shows how far that is';
  const config = join(storage, 'config.yml');
  const record = `${socket}.json`;

  const runOnce = async (signal: AbortSignal): Promise<void> => {
    await endOrphan(record, program);
    await prepare({ storage, socket, config });
    const child = spawn(program, ['serve', config], {
      // Nothing of the hub's environment: it holds keys. No telemetry is sent anywhere.
      env: { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none', OTEL_SDK_DISABLED: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, by) => resolve(by === null ? `exit code ${code}` : by));
    });
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => logger.debug({ line: line.slice(0, 2000) }, 'registry'));
    if (child.pid !== undefined) await writeFile(record, JSON.stringify({ pid: child.pid, ticks: await startTicks(child.pid) }));
    const stop = (): void => void end(child);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    void answers(socket, signal).then((yes) => {
      ready = yes && child.exitCode === null && !signal.aborted;
      if (ready) logger.info({ storage }, 'the embedded registry serves');
    });
    const how = await ended;
    ready = false;
    signal.removeEventListener('abort', stop);
    await rm(record, { force: true });
    if (!signal.aborted) throw new Error(`ended: ${how}`);
  };

  return {
    ready: () => ready,
    problem: () => problem,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        if (!(await isThere(program))) {
          await sleep(LOOK_MS, signal).catch(() => undefined);
          continue;
        }
        problem = 'is starting';
        const startedAt = performance.now();
        await runOnce(signal).catch((error: unknown) => {
          problem = `does not run: ${messageOf(error)}`;
          logger.warn({ error: messageOf(error) }, 'the embedded registry ended');
        });
        if (performance.now() - startedAt > STEADY_MS) failures = 0;
        await sleep(backoff(failures++, { baseMs: 500, maxMs: 30_000 }), signal).catch(() => undefined);
      }
    },
  };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function prepare({ storage, socket, config }: { storage: string; socket: string; config: string }): Promise<void> {
  await mkdir(storage, { recursive: true, mode: 0o700 });
  await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
  await rm(socket, { force: true });
  const settings = {
    version: 0.1,
    log: { level: 'warn', formatter: 'json', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      redirect: { disable: true },
      maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
    },
    http: { net: 'unix', addr: socket, secret: randomBytes(32).toString('hex'), relativeurls: true },
  };
  await writeFile(config, stringify(settings), { mode: 0o600 });
}

/** Whether it answers at all, before long. */
async function answers(socket: string, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + START_MS;
  while (!signal.aborted && performance.now() < until) {
    const status = await new Promise<number>((resolve) => {
      const asked = httpRequest({ socketPath: socket, path: '/v2/', timeout: 2000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.once('error', () => resolve(0));
      asked.once('timeout', () => asked.destroy());
      asked.end();
    });
    if (status === 200) return true;
    await sleep(100, signal).catch(() => undefined);
  }
  return false;
}

/** The registry of a hub that was killed still runs, and holds the storage. */
async function endOrphan(record: string, program: string): Promise<void> {
  const text = await readFile(record, 'utf8').catch(() => undefined);
  const { pid, ticks } = (text === undefined ? {} : JSON.parse(text)) as { pid?: number; ticks?: string };
  if (pid === undefined || ticks === undefined || (await startTicks(pid)) !== ticks) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (command.startsWith(program)) process.kill(pid, 'SIGKILL');
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}
