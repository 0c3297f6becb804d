import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { processStat, SlipwayError, startTicks, waitFor, type EndSignal, type RunResult } from '@slipway/kit';
import { hostEnvironment, run } from './programs.ts';
import { cgroupProcesses, destroyCgroup, endProcess } from './cgroups.ts';
import type { ExecOptions } from './driver.ts';
import type { HostFacts } from './host-facts.ts';
import type { HostNames } from './names.ts';
import { ociSpec, type ContainerRequest } from './oci-spec.ts';
import { namesIn, readText } from './trees.ts';

/** runc containers of one instance. Callers serialise work on one name (a lock); what is asked about them is read from the kernel each time. */
export interface Containers {
  /** Starts the container; leftovers of an earlier one of that name are swept away first. Resolves with the host PID of its init. */
  launch(name: string, request: Omit<ContainerRequest, 'cgroup'>): Promise<number>;
  /** Host PID of its init while it lives. */
  pid(name: string): Promise<number | undefined>;
  /** How its init ended, if its keeper could note it: 137 is a SIGKILL. Undefined after a host reboot. */
  exitStatus(name: string): Promise<number | undefined>;
  signal(name: string, signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, `graceMs` to end, then SIGKILL to whatever is left; removes cgroups and runtime state. */
  end(name: string, graceMs: number): Promise<void>;
  exec(name: string, command: readonly string[], options?: ExecOptions): Promise<RunResult>;
}

/**
 * The keeper: parent of a container's foreground `runc run`, detached from whoever started it, so that the exit status is noted even when
 * the starter is long gone. Arguments: runc's root, the container's directory, its name.
 */
const keeper = `runc --root "$1" --log "$2/runc.log" run --bundle "$2" --pid-file "$2/pid" "$3" </dev/null >"$2/output" 2>&1
echo $? >"$2/exit.tmp" && mv "$2/exit.tmp" "$2/exit"`;

export function createContainers(names: HostNames, host: HostFacts): Containers {
  const directory = names.containerDirectory;
  const runc = (args: readonly string[], options: Parameters<typeof run>[2] = {}) =>
    run('runc', ['--root', names.runcRoot, ...args], options);

  async function pid(name: string): Promise<number | undefined> {
    const noted = Number(await readText(join(directory(name), 'pid')));
    if (!noted || (await startTicks(noted)) === undefined) return undefined;
    // PIDs are used again: it is ours only while it sits in the container's cgroup.
    const groups = (await readText(`/proc/${noted}/cgroup`)) ?? '';
    return groups.split('\n').some((line) => belongsTo(line.slice(line.lastIndexOf(':') + 1), names.cgroup(name))) ? noted : undefined;
  }

  async function exitStatus(name: string): Promise<number | undefined> {
    const file = join(directory(name), 'exit');
    const text = await readText(file);
    if (text === undefined) return undefined;
    // Where /run survives a reboot the note is from the host's last life and says nothing about how the container ended.
    return (await stat(file)).mtimeMs < Date.now() - uptime() * 1000 ? undefined : Number(text);
  }

  async function sweep(name: string): Promise<void> {
    await destroyCgroup(names.cgroup(name).slice(1));
    if (!(await namesIn(names.runcRoot)).includes(name)) return;
    await runc(['delete', '--force', name], { allow: [1] });
    // What a kill in the middle of `runc create` leaves is not a container to runc, but its name is taken.
    await rm(join(names.runcRoot, name), { recursive: true, force: true });
    await destroyCgroup(names.cgroup(name).slice(1));
  }

  /**
   * Signals a command of `exec` and all it started but what made a session of its own, as a daemon does. A SIGKILL to `runc exec` alone would only orphan them,
   * and a SIGTERM is passed on to the command and not to its children. runc makes each command the leader of a session.
   */
  async function endSession(name: string, pidFile: string, signal: EndSignal): Promise<void> {
    const session = (await readText(pidFile))?.trim();
    if (!session) return;
    for (const process of await cgroupProcesses(names.cgroup(name).slice(1)))
      if ((await processStat(process))?.session === session) endProcess(process, signal);
  }

  return {
    pid,
    exitStatus,

    async launch(name, request) {
      await sweep(name);
      const bundle = directory(name);
      await rm(bundle, { recursive: true, force: true });
      await mkdir(bundle, { recursive: true, mode: 0o700 });
      await writeFile(join(bundle, 'config.json'), JSON.stringify(ociSpec({ ...request, cgroup: names.cgroup(name) }, host)));
      const child = spawn('sh', ['-c', keeper, 'slipway-keeper', names.runcRoot, bundle, name], {
        detached: true,
        env: hostEnvironment(),
        stdio: 'ignore',
        cwd: '/',
      });
      child.on('error', () => undefined);
      child.unref();
      const outcome = await waitFor(async () => (await pid(name)) ?? ((await exitStatus(name)) === undefined ? undefined : 'ended'), {
        what: `the container ${name} to start`,
        timeoutMs: 20_000,
        intervalMs: 10,
      });
      if (outcome === 'ended') throw await startFailure(name, bundle);
      return outcome;
    },

    async signal(name, signal) {
      await runc(['kill', name, signal]);
    },

    async end(name, graceMs) {
      const init = await pid(name);
      if (init !== undefined && graceMs > 0) {
        await runc(['kill', name, 'SIGTERM'], { allow: [1] });
        await waitFor(async () => (await pid(name)) === undefined, { what: `${name} to stop`, timeoutMs: graceMs, intervalMs: 20 }).catch(
          () => undefined,
        );
      }
      await sweep(name);
    },

    async exec(name, command, options = {}) {
      if ((await pid(name)) === undefined)
        throw new SlipwayError('Unavailable', `The machine "${name}" does not run.`, { hint: `Start it, then repeat.` });
      const pidFile = join(directory(name), `exec-${randomBytes(6).toString('hex')}.pid`);
      try {
        return await runc(['exec', '--pid-file', pidFile, name, ...command], {
          // The command line may carry what must not be read in an error.
          as: `${command[0] ?? 'command'} in ${name}`,
          allow: Array.from({ length: 256 }, (_, code) => code),
          endToo: (signal) => endSession(name, pidFile, signal),
          ...(options.stdin !== undefined && { stdin: options.stdin }),
          ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
          ...(options.signal && { signal: options.signal }),
          ...(options.onLine && { onLine: options.onLine }),
        });
      } finally {
        await rm(pidFile, { force: true });
      }
    },
  };
}

/** Pure: whether a cgroup path is a container's or below it. */
export const belongsTo = (path: string, cgroup: string): boolean => path === cgroup || path.startsWith(`${cgroup}/`);

async function startFailure(name: string, bundle: string): Promise<SlipwayError> {
  const log = await readFile(join(bundle, 'runc.log'), 'utf8').catch(() => '');
  const output = await readFile(join(bundle, 'output'), 'utf8').catch(() => '');
  const said = `${output}\n${log}`.trim().split('\n').slice(-4).join('\n');
  return new SlipwayError('Host', `The container ${name} did not start: ${said || 'runc said nothing'}`, {
    hint: 'See that runc, overlayfs and the cgroup controllers are there: slipway doctor',
  });
}
