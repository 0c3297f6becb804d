import { type ChildProcess, spawn } from 'node:child_process';
import { SlipwayError } from './errors.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string | Buffer;
  /** When it aborts, the program is ended and `run` rejects with the signal's reason once it is gone. */
  readonly signal?: AbortSignal;
  /** When it takes longer, the program is ended and `run` rejects with `Timeout` once it is gone. */
  readonly timeoutMs?: number;
  /** From SIGTERM to SIGKILL when it is ended. Default 5 s. */
  readonly graceMs?: number;
  /** Ends the process that matters when the program only stands in for it: `runc exec` for one inside a container. Called before the program gets the signal. */
  readonly endToo?: (signal: EndSignal) => Promise<void>;
  /** Called for each line of stdout and stderr as it comes: progress of long commands. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Exit codes other than 0 that are not an error. */
  readonly allow?: readonly number[];
  /** Words for the error instead of the command line, when that would show a secret. */
  readonly as?: string;
}

export type EndSignal = 'SIGTERM' | 'SIGKILL';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const GRACE_MS = 5000;
/** Bytes kept of each stream. More comes only from a program gone wild, and must not take this one along. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs a program without a shell. A non-zero exit is a SlipwayError whose message ends with the last lines the program said. It settles only when the program is
 * gone, so that whoever repeats it never meets its predecessor.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason as Error);
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    const name = options.as ?? [command, ...args].join(' ').slice(0, 300);
    const stdout = collect(child, 'stdout', options.onLine);
    const stderr = collect(child, 'stderr', options.onLine);
    const cut = cutOff(child, name, options);
    child.on('error', (error) => {
      cut.settled();
      reject(startFailure(command, name, error));
    });
    child.on('exit', () => {
      // Children of its own may hold its pipes open; what it would still have said does not matter any more.
      if (cut.why() !== undefined) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.on('close', (code, signal) => {
      cut.settled();
      const result = { code: code ?? -1, stdout: stdout(), stderr: stderr() };
      const why = cut.why();
      if (why !== undefined) return reject(why);
      if (result.code === 0 || options.allow?.includes(result.code)) return resolve(result);
      const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-12).join('\n');
      reject(
        new SlipwayError('Internal', `${name}: ${signal ? `ended by ${signal}` : `exit code ${result.code}`}${said ? `: ${said}` : ''}`),
      );
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin);
  });
}

/** Ends the program when its time is up or nobody wants it any more: asked first, killed when it does not listen. */
function cutOff(child: ChildProcess, name: string, options: RunOptions) {
  let why: Error | undefined;
  let killer: NodeJS.Timeout | undefined;
  const send = async (signal: EndSignal): Promise<void> => {
    // If the process behind it cannot be reached, the program itself still is.
    await options.endToo?.(signal).catch(() => undefined);
    child.kill(signal);
  };
  const end = (reason: Error): void => {
    if (why !== undefined) return;
    why = reason;
    void send('SIGTERM');
    killer = setTimeout(() => void send('SIGKILL'), options.graceMs ?? GRACE_MS);
  };
  const onAbort = () => end(options.signal?.reason as Error);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const { timeoutMs } = options;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(new SlipwayError('Timeout', `${name}: not done after ${timeoutMs / 1000} s, and ended.`)), timeoutMs);
  return {
    why: () => why,
    settled: () => {
      clearTimeout(killer);
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    },
  };
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr', onLine: RunOptions['onLine']): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  let rest = '';
  child[stream]?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT) chunks.push(chunk);
    if (!onLine) return;
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line, stream);
  });
  return () => {
    if (rest && onLine) onLine(rest, stream);
    return Buffer.concat(chunks).toString('utf8');
  };
}

function startFailure(command: string, name: string, error: Error): SlipwayError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new SlipwayError(
    missing ? 'Host' : 'Internal',
    missing ? `The program "${command}" is not installed.` : `${name}: ${error.message}`,
    {
      cause: error,
    },
  );
}
