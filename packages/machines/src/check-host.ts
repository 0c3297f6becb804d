import { stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, delimiter } from 'node:path';
import { messageOf, SlipwayError } from '@slipway/kit';
import { hostEnvironment, run } from './programs.ts';
import { hostFacts, type HostFacts } from './host-facts.ts';
import { overlaps, routedSubnets } from './instance.ts';
import { readText } from './trees.ts';

/** Programs this package calls on the host, and the Debian package each comes from. */
export const hostPrograms: Readonly<Record<string, string>> = {
  runc: 'runc',
  ip: 'iproute2',
  iptables: 'iptables',
  'iptables-save': 'iptables',
  mmdebstrap: 'mmdebstrap',
  mount: 'mount',
  flock: 'util-linux',
  tar: 'tar',
};

export interface HostReport {
  /** Debian packages to install; `installPackages` does it. */
  readonly missingPackages: readonly string[];
  /** One line for people: "cgroup v1, 2 cores, 24 GiB". */
  readonly summary: string;
  readonly facts: HostFacts;
}

/**
 * Whether this host can have local machines.
 *
 * @throws SlipwayError('Host') naming the first thing that no package can mend: not Linux, not root, no overlayfs, a missing cgroup controller.
 */
export async function checkHost(): Promise<HostReport> {
  if (process.platform !== 'linux') {
    throw new SlipwayError('Host', `Local machines need Linux; this is ${process.platform}.`, {
      hint: 'Run Slipway in a Linux virtual machine.',
    });
  }
  if (process.getuid?.() !== 0) {
    throw new SlipwayError('Host', 'Root is needed: local machines are containers with networks and mounts of their own.', {
      hint: 'Run the same command with sudo.',
    });
  }
  const facts = await hostFacts();
  const [problem] = [...kernelProblems(facts, (await readText('/proc/filesystems')) ?? '')];
  if (problem) throw problem;
  const gib = Math.round(facts.memoryMiB / 1024);
  return { missingPackages: await missingPackages(), summary: `cgroup v${facts.cgroupVersion}, ${facts.cpus} cores, ${gib} GiB`, facts };
}

/** Pure: what the kernel lacks. */
export function kernelProblems(
  facts: Pick<HostFacts, 'cgroupVersion' | 'controllers' | 'capabilities'>,
  filesystems: string,
): SlipwayError[] {
  const needed =
    facts.cgroupVersion === 1 ? ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer'] : ['cpu', 'cpuset', 'memory', 'pids'];
  const missing = needed.filter((controller) => !facts.controllers.includes(controller));
  const problems: SlipwayError[] = [];
  if (missing.length > 0) {
    problems.push(
      new SlipwayError('Host', `The kernel offers no cgroup controller ${missing.join(', ')} (cgroup v${facts.cgroupVersion}).`, {
        hint:
          facts.cgroupVersion === 1
            ? 'Mount it below /sys/fs/cgroup, or boot without cgroup_disable= on the kernel command line.'
            : `Delegate it to this group: echo "${missing.map((name) => `+${name}`).join(' ')}" > /sys/fs/cgroup/cgroup.subtree_control`,
      }),
    );
  }
  if (!/^(nodev)?\toverlay$/m.test(filesystems)) {
    problems.push(
      new SlipwayError('Host', 'The kernel has no overlayfs, which the roots of machines are made with.', {
        hint: 'Load it with: modprobe overlay',
      }),
    );
  }
  if (!facts.capabilities.includes('CAP_SYS_ADMIN') || !facts.capabilities.includes('CAP_NET_ADMIN')) {
    problems.push(
      new SlipwayError('Host', 'This root may not mount or make networks (CAP_SYS_ADMIN or CAP_NET_ADMIN is missing).', {
        hint: 'Run on the host itself, or in a container started with --privileged.',
      }),
    );
  }
  return problems;
}

async function missingPackages(): Promise<string[]> {
  const found = await Promise.all(Object.entries(hostPrograms).map(async ([program, name]) => ((await onPath(program)) ? [] : [name])));
  return [...new Set(found.flat())];
}

async function onPath(program: string): Promise<boolean> {
  const directories = (hostEnvironment()['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    directories.map((directory) =>
      stat(join(directory, program)).then(
        (file) => file.isFile(),
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** @throws SlipwayError('Host') when the file system of `path` has less than `gib` free. */
export async function requireDisk(path: string, gib: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const free = (bavail * bsize) / 2 ** 30;
  if (free >= gib) return;
  throw new SlipwayError('Host', `${path} has ${free.toFixed(1)} GiB free; ${gib} GiB are needed.`, {
    hint: 'Free some space, or choose another place with SLIPWAY_HOME and SLIPWAY_CACHE.',
  });
}

/** @throws SlipwayError('Host') when another process listens there. */
export function requirePort(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SlipwayError(
          'Host',
          `Port ${port} on ${address} ${error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used: ${error.message}`}.`,
          {
            hint: `Stop that program (find it with: ss -ltnp 'sport = :${port}'), or choose another port.`,
            cause: error,
          },
        ),
      ),
    );
    server.listen(port, address, () => server.close(() => resolve()));
  });
}

/** @throws SlipwayError('Host') when another network of this host overlaps `subnet`. */
export async function requireSubnet(subnet: string): Promise<void> {
  const clash = (await routedSubnets()).find((other) => overlaps(other, subnet));
  if (!clash) return;
  throw new SlipwayError('Host', `The machine network ${subnet} is already used on this host (route to ${clash}).`, {
    hint: `Stop what uses ${clash}.`,
  });
}

export interface InstallOptions {
  /** Called with the lines apt-get says. */
  readonly onProgress?: (detail: string) => void;
  readonly signal?: AbortSignal;
}

/** Installs Debian packages; looks for newer package lists once when the first try fails. */
export async function installPackages(names: readonly string[], options: InstallOptions = {}): Promise<void> {
  if (names.length === 0) return;
  const apt = (...args: string[]) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...hostEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
      onLine: (line) => options.onProgress?.(line),
      ...(options.signal && { signal: options.signal }),
    });
  const install = () => apt('install', '--yes', '--no-install-recommends', ...names);
  try {
    await install().catch(async () => {
      options.signal?.throwIfAborted();
      await apt('update');
      await install();
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new SlipwayError(
      'Host',
      `These Debian packages are needed and could not be installed: ${names.join(', ')}. ${messageOf(error)}`,
      {
        hint: `Install them by hand: apt-get update && apt-get install ${names.join(' ')}`,
        cause: error,
      },
    );
  }
}
