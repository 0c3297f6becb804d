import { readFile } from 'node:fs/promises';

export interface ProcessStat {
  /** Id of its session, as the reader counts processes. */
  readonly session: string;
  /** When it started, in clock ticks since boot. With the pid it names one process until the next boot, so a reused pid is never mistaken for it. */
  readonly ticks: string;
}

/** What Linux says of a process; undefined when there is none (or only its zombie). */
export async function processStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The command name may hold spaces and brackets: count from the last one.
  const [state, , , session = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : { session, ticks: rest[15] ?? '' };
}

/** {@link ProcessStat.ticks} alone. */
export const startTicks = async (pid: number): Promise<string | undefined> => (await processStat(pid))?.ticks;
