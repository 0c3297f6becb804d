import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SlipwayError } from '@slipway/kit';

export interface GitRun {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** Bytes of output that are taken; more ends the program. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Bytes of the largest file that git may write: a pack is one file. */
  readonly maxFileBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Lines of what git complained of that are kept. */
const WORDS = 8;

/**
 * Runs git in a process group of its own, bounded in time, output and in the size of files, and gives its output as bytes. What is ended takes its children along (ssh,
 * git-remote-https, index-pack).
 */
export async function runGit(run: GitRun): Promise<Buffer> {
  // A limit of the shell holds for everything that git starts; blocks of 512 bytes.
  const limit = Math.ceil((run.maxFileBytes ?? 64 * 1024 * 1024) / 512);
  const child = spawn('/bin/sh', ['-c', 'ulimit -c 0 && ulimit -f "$0" && exec git "$@"', String(limit), ...run.args], {
    cwd: run.cwd,
    env: run.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let why: SlipwayError | undefined;
  const end = (error: SlipwayError): void => {
    why ??= error;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  const timer = setTimeout(
    () => end(new SlipwayError('Timeout', `git was not done after ${run.timeoutMs / 1000} s, and was ended.`)),
    run.timeoutMs,
  );
  const onAbort = (): void => end(new SlipwayError('Unavailable', 'git was ended: nobody waits for it any more.'));
  run.signal?.addEventListener('abort', onAbort, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > run.maxBytes) end(new SlipwayError('TooLarge', `git gave more than ${run.maxBytes} bytes.`));
    else chunks.push(chunk);
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-16_384)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.stdin);
  try {
    const [code, ended] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (why !== undefined) throw why;
    if (code === 0) return Buffer.concat(chunks);
    if (code === 127)
      throw new SlipwayError('Host', 'The program "git" is not installed on the machine of the hub.', {
        hint: 'Install it: apt-get install git',
      });
    throw new SlipwayError('Unavailable', wordsOf(said) || `git ended with ${ended ?? `code ${code}`}.`);
  } finally {
    clearTimeout(timer);
    run.signal?.removeEventListener('abort', onAbort);
  }
}

/** What git says, without its progress and without escape sequences of the other side. */
const wordsOf = (said: string): string =>
  said
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '').replace(/^(fatal|error|remote): ?/, ''))
    .filter((line) => line !== '' && !/^(Receiving|Resolving|Counting|Compressing|Enumerating)/.test(line))
    .slice(-WORDS)
    .join(' ')
    .slice(0, 600);
