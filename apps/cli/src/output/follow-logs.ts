import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '@slipway/kit';
import type { CliDeps } from '../command.ts';

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A JSON log line for people: time, process, level, message and the fields that are left. */
export function readableLine(name: string, line: string): string {
  try {
    const { time, level, msg, pid: _pid, hostname: _hostname, name: _name, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const at = new Date(typeof time === 'number' ? time : String(time)).toISOString().slice(11, 23);
    const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
    return `${at} ${name.padEnd(13)} ${(LEVELS[Number(level)] ?? '').padEnd(5)} ${String(msg)}${fields}`;
  } catch {
    return `${name.padEnd(26)} ${line}`;
  }
}

/** Prints what is appended to log files, until the signal. */
export async function followLogs(deps: Pick<CliDeps, 'io' | 'signal'>, directory: string, files: readonly string[]): Promise<void> {
  await Promise.all(files.map((file) => followOne(deps, join(directory, file), file.replace(/\.log$/, ''))));
}

async function followOne(deps: Pick<CliDeps, 'io' | 'signal'>, path: string, name: string): Promise<void> {
  let at = (await stat(path).catch(() => undefined))?.size ?? 0;
  let rest = '';
  while (!deps.signal.aborted) {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    // Rotation truncates the file.
    if (size < at) at = 0;
    if (size > at) {
      const file = await open(path, 'r');
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - at), 0, size - at, at);
      await file.close();
      at += bytesRead;
      const lines = (rest + buffer.subarray(0, bytesRead).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) deps.io.data(readableLine(name, line));
    }
    await sleep(250, deps.signal).catch(() => undefined);
  }
}
