import { run as runProgram, SlipwayError, type RunOptions, type RunResult } from '@slipway/kit';

/** The environment host programs get. `su` without a dash leaves Debian's root without the sbin directories, where ip and iptables are. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C' };
}

/** `run` of the kit with the environment above. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runProgram(command, args, { env: hostEnvironment(), ...options });
}

/** What a program says, or nothing when it is not installed: looking for leftovers on a host that never had it finds none. */
export async function outputIfInstalled(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args)).stdout;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'Host') return '';
    throw error;
  }
}
