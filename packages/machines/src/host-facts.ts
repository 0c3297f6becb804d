import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { readText } from './trees.ts';

/** What of this host decides how machines are made. Detected, never assumed. */
export interface HostFacts {
  readonly cgroupVersion: 1 | 2;
  /** Controllers processes can be put under: `cpu`, `memory`, … */
  readonly controllers: readonly string[];
  /** Capabilities a machine can be given, `CAP_…`: the host process' bounding set. */
  readonly capabilities: readonly string[];
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly architecture: string;
}

/** Capabilities in the kernel's order of bits (linux/capability.h). */
const capabilityBits = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN ' +
  'NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME ' +
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON ' +
  'BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/** Pure: names of the capabilities in a mask as /proc/self/status prints it. */
export function capabilitiesOf(hexMask: string): string[] {
  const mask = BigInt(`0x${hexMask}`);
  return capabilityBits.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}

/** Pure: version and controllers from the text of /proc/self/mountinfo and, on version 2, cgroup.controllers. */
export function cgroupFacts(mountinfo: string, unifiedControllers: string | undefined): Pick<HostFacts, 'cgroupVersion' | 'controllers'> {
  const mounts = mountinfo.split('\n').map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type = '', , options = ''] = after.split(' ');
    return { point: before.split(' ')[4] ?? '', type, options: options.split(',') };
  });
  // A hybrid host mounts version 2 below /sys/fs/cgroup/unified with no controllers in it: that one is version 1.
  if (mounts.some((mount) => mount.type === 'cgroup2' && mount.point === '/sys/fs/cgroup')) {
    return { cgroupVersion: 2, controllers: (unifiedControllers ?? '').split(/\s+/).filter(Boolean) };
  }
  const known = new Set([
    'cpu',
    'cpuacct',
    'cpuset',
    'memory',
    'devices',
    'freezer',
    'blkio',
    'pids',
    'hugetlb',
    'net_cls',
    'net_prio',
    'perf_event',
  ]);
  const controllers = mounts
    .filter((mount) => mount.type === 'cgroup')
    .flatMap((mount) => mount.options.filter((option) => known.has(option)));
  return { cgroupVersion: 1, controllers: [...new Set(controllers)].toSorted() };
}

export async function hostFacts(): Promise<HostFacts> {
  const [mountinfo, unified, status] = await Promise.all([
    readFile('/proc/self/mountinfo', 'utf8'),
    readText('/sys/fs/cgroup/cgroup.controllers'),
    readFile('/proc/self/status', 'utf8'),
  ]);
  return {
    ...cgroupFacts(mountinfo, unified),
    capabilities: capabilitiesOf(/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'),
    cpus: availableParallelism(),
    memoryMiB: Math.floor(totalmem() / 2 ** 20),
    architecture: process.arch,
  };
}
