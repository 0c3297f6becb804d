import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputIfInstalled } from './programs.ts';
import { currentSwitches } from './host-switches.ts';
import { mountPoints } from './mounts.ts';
import { parseRules } from './network.ts';
import { namesIn, readText } from './trees.ts';

/** What of the host this package changes, as sets of lines; taken before and after, the difference is what was left behind. */
export interface HostSnapshot {
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly netns: readonly string[];
  readonly cgroups: readonly string[];
  /** `table: rule` */
  readonly rules: readonly string[];
  /** Command lines of programs that machines are made of. Without process ids: the same program started again is no difference. */
  readonly processes: readonly string[];
  /** Kernel switches of the whole host that machines need: `net.ipv4.ip_forward = 0`. */
  readonly switches: readonly string[];
}

const programs = /^(runc|containerd|containerd-shim|kubelet|kube-|etcd|haproxy|dnsmasq|tini|hyperkube|mmdebstrap|flock)/;

export async function hostSnapshot(): Promise<HostSnapshot> {
  const [mountinfo, links, rules] = await Promise.all([
    readFile('/proc/self/mountinfo', 'utf8'),
    outputIfInstalled('ip', ['-j', 'link', 'show']),
    outputIfInstalled('iptables-save', []),
  ]);
  return {
    // /run/netns becomes a mount of itself with the first `ip netns add` of anybody and stays: that is iproute2's, not ours.
    mounts: mountPoints(mountinfo)
      .filter((point) => point !== '/run/netns')
      .toSorted(),
    links: (JSON.parse(links || '[]') as { ifname: string }[]).map((link) => link.ifname).toSorted(),
    netns: await namesIn('/run/netns'),
    cgroups: (await cgroupTree('/sys/fs/cgroup')).toSorted(),
    rules: parseRules(rules)
      .map((rule) => `${rule.table}: ${rule.line}`)
      .toSorted(),
    processes: (await machineProcesses()).toSorted(),
    switches: await currentSwitches(),
  };
}

/** Pure: what `after` has and `before` had not, and the reverse, one line each (`+ links: slw-abc123`). Empty when nothing was left behind. */
export function snapshotDifference(before: HostSnapshot, after: HostSnapshot): string[] {
  const lists = ['mounts', 'links', 'netns', 'cgroups', 'rules', 'processes', 'switches'] as const;
  return lists.flatMap((list) => [
    ...after[list].filter((line) => !before[list].includes(line)).map((line) => `+ ${list}: ${line}`),
    ...before[list].filter((line) => !after[list].includes(line)).map((line) => `- ${list}: ${line}`),
  ]);
}

async function cgroupTree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async (entry) => [join(directory, entry.name), ...(await cgroupTree(join(directory, entry.name)))]),
  );
  return below.flat();
}

async function machineProcesses(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const command = ((await readText(`/proc/${pid}/cmdline`).catch(() => '')) ?? '').replaceAll('\0', ' ').trim();
      const comm = ((await readText(`/proc/${pid}/comm`).catch(() => '')) ?? '').trim();
      return programs.test(comm) || command.includes('slipway-keeper') ? `${comm}: ${command.slice(0, 200)}` : '';
    }),
  );
  return lines.filter(Boolean);
}
