import { readFile } from 'node:fs/promises';

/** Resident memory of a process, in MiB. */
export const resident = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** User and system time of a process and of its children that have ended, so far, in ms (USER_HZ is 100 on Linux); 0 for one that has ended. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ') ?? [];
  return 10 * fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
}
