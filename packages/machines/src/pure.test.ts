import { describe, expect, it } from 'vitest';
import { belongsTo } from './containers.ts';
import { upstreams } from './dns.ts';
import { startOrder } from './host.ts';
import type { HostFacts } from './host-facts.ts';
import { kernelProblems } from './check-host.ts';
import { namedIndex } from './image-import.ts';
import { templateKey } from './image-store.ts';
import { kubeadmSettings, kubeletDropIn } from './kubeadm-settings.ts';
import { cniConfig, containerdConfig, machineFiles } from './machine-files.ts';
import { mountPoints } from './mounts.ts';
import { deleteArguments, parseRules } from './network.ts';
import { mmdebstrapArguments, nodeRecipe, recipeDigest } from './node-root.ts';
import { exitWords } from './runc-machines.ts';
import { snapshotDifference, type HostSnapshot } from './snapshot.ts';

const host: HostFacts = { cgroupVersion: 1, controllers: [], capabilities: [], cpus: 8, memoryMiB: 16_384, architecture: 'x64' };

describe('what the kubelet is told', () => {
  it('accepts cgroup v1 only where the host has it', () => {
    expect(kubeadmSettings({ cgroupVersion: 1 }).kubeletConfiguration).toMatchObject({ failCgroupV1: false, cgroupDriver: 'cgroupfs' });
    expect(kubeadmSettings({ cgroupVersion: 2 }).kubeletConfiguration).not.toHaveProperty('failCgroupV1');
  });

  it('reserves what the limits of the machine leave of the host', () => {
    expect(kubeletDropIn(host, { cpu: 2, memoryMiB: 4096 })).toMatchObject({ systemReserved: { cpu: '6000m', memory: '12288Mi' } });
    expect(kubeletDropIn(host, {})).not.toHaveProperty('systemReserved');
    expect(kubeletDropIn(host, { cpu: 64 })).not.toHaveProperty('systemReserved');
  });
});

describe('files of a machine', () => {
  const identity = {
    spec: { name: 'dev-cp-1', labels: {}, podCidr: '10.200.0.0/16', serviceCidr: '10.96.0.0/16' },
    address: '10.88.7.10',
    podSubnet: '10.200.10.0/24',
    hostAddress: '10.88.7.1',
    dnsAddress: '10.88.7.2',
    pauseImage: 'registry.k8s.io/pause:3.10.1',
  };

  it('name its resolver, its subnet and its sandbox image', () => {
    const files = machineFiles(identity, host);
    expect(files['etc/resolv.conf']).toContain('nameserver 10.88.7.2');
    expect(files['etc/slipway/machine.env']).toContain("POD_SUBNET='10.200.10.0/24'");
    // Never looked up anywhere else: on the internet the name may be somebody's.
    expect(files['etc/containerd/certs.d/slipway.dev/hosts.toml']).toMatch(/^server = "http:\/\/10\.[\d.]+\.1:5010"\n/);
    expect(files['etc/containerd/config.toml']).toContain('config_path = "/etc/containerd/certs.d"');
    expect(files['etc/containerd/config.toml']).toContain('sandbox_image = "registry.k8s.io/pause:3.10.1"');
    expect(JSON.parse(files['etc/cni/net.d/10-slipway.conflist'] ?? '')).toEqual(cniConfig('10.200.10.0/24'));
    expect(files['etc/machine-id']).toMatch(/^[0-9a-f]{32}\n$/);
  });

  it('have no pod network when the machine has none', () => {
    expect(Object.keys(machineFiles({ ...identity, podSubnet: undefined }, host)).join()).not.toContain('cni');
    expect(containerdConfig(undefined)).not.toContain('sandbox_image');
  });
});

describe('reading the host', () => {
  it('undoes the octal of mount points', () => {
    expect(mountPoints('1 2 0:1 / /a\\040b rw - tmpfs tmpfs rw\n3 4 0:1 / /c rw - ext4 x rw\n')).toEqual(['/a b', '/c']);
  });

  it('turns a saved rule into its deletion', () => {
    const [rule] = parseRules(
      '*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -s 10.88.7.0/24 -m comment --comment "slipway-abc123" -j MASQUERADE\nCOMMIT\n',
    );
    expect(rule?.table).toBe('nat');
    expect(deleteArguments(rule?.line ?? '').join(' ')).toBe(
      '-D POSTROUTING -s 10.88.7.0/24 -m comment --comment slipway-abc123 -j MASQUERADE',
    );
  });

  it('tells a container by its cgroup, not by a name that begins like it', () => {
    expect(belongsTo('/slipway-a/m1', '/slipway-a/m1')).toBe(true);
    expect(belongsTo('/slipway-a/m1/kubepods', '/slipway-a/m1')).toBe(true);
    expect(belongsTo('/slipway-a/m10', '/slipway-a/m1')).toBe(false);
  });

  it('takes name servers that a machine can reach', () => {
    expect(upstreams('# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\noptions edns0\nnameserver ::1\n')).toBe('nameserver 192.0.2.1\n');
  });

  it('says what the kernel lacks and what to do', () => {
    const fine = {
      cgroupVersion: 2,
      controllers: ['cpu', 'cpuset', 'memory', 'pids'],
      capabilities: ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'],
    } as const;
    expect(kernelProblems(fine, 'nodev\toverlay\n')).toEqual([]);
    const problems = kernelProblems({ ...fine, controllers: ['cpu', 'cpuset', 'pids'], capabilities: [] }, '\text4\n');
    expect(problems.map((problem) => problem.message).join()).toMatch(/no cgroup controller memory.*overlayfs.*may not mount/);
    expect(problems.every((problem) => problem.code === 'Host' && problem.hint)).toBe(true);
  });

  it('names the difference of two snapshots', () => {
    const before: HostSnapshot = {
      mounts: ['/'],
      links: ['lo'],
      netns: [],
      cgroups: [],
      rules: [],
      processes: [],
      switches: ['net.ipv4.ip_forward = 0'],
    };
    expect(snapshotDifference(before, before)).toEqual([]);
    expect(snapshotDifference(before, { ...before, links: ['lo', 'slw-a'], mounts: [], switches: ['net.ipv4.ip_forward = 1'] })).toEqual([
      '- mounts: /',
      '+ links: slw-a',
      '+ switches: net.ipv4.ip_forward = 1',
      '- switches: net.ipv4.ip_forward = 0',
    ]);
  });
});

describe('images', () => {
  const one = { digest: 'sha256:a' };
  const two = { digest: 'sha256:b', annotations: { 'io.containerd.image.name': 'r/b:1' } };

  it('of one layout keep their own manifests', () => {
    const index = namedIndex({ manifests: [{ ...one, annotations: { 'io.containerd.image.name': 'r/a:1' } }, two] }, ['r/b:1', 'r/a:1']);
    expect(index.manifests?.map((manifest) => manifest.digest)).toEqual(['sha256:b', 'sha256:a']);
  });

  it('get all names they are asked for, and a wrong guess is refused', () => {
    expect(
      namedIndex({ manifests: [one] }, ['x:1', 'x:2']).manifests?.map((manifest) => manifest.annotations?.['io.containerd.image.name']),
    ).toEqual(['x:1', 'x:2']);
    expect(() => namedIndex({ manifests: [one, two] }, ['x:1'])).toThrow(/none is named "x:1"/);
  });

  it('have one key per set, in any order', () => {
    const a = { digest: 'a', names: ['x', 'y'] };
    const b = { digest: 'b', names: ['z'] };
    expect(templateKey([a, b])).toBe(templateKey([b, { ...a, names: ['y', 'x'] }]));
    expect(templateKey([a])).not.toBe(templateKey([a, b]));
  });
});

const machine = (name: string, role?: string) =>
  ({ name, labels: role ? { role } : {}, spec: { name, labels: {} }, state: 'Stopped', address: '' }) as const;

it('starts the gateway first and workers last', () => {
  const order = startOrder([machine('w', 'worker'), machine('cp', 'control-plane'), machine('x'), machine('g', 'gateway')]);
  expect(order.map((group) => group.map((one) => one.name))).toEqual([['g'], ['cp'], ['w', 'x']]);
});

it('keys the node root by its recipe', () => {
  expect(recipeDigest({ ...nodeRecipe, packages: [...nodeRecipe.packages, 'jq'] })).not.toBe(recipeDigest(nodeRecipe));
  expect(mmdebstrapArguments(nodeRecipe, '/target')).toEqual(
    expect.arrayContaining([`--include=${nodeRecipe.packages.join(',')}`, 'bookworm', '/target']),
  );
});

it('says how an init ended', () => {
  expect(exitWords(137)).toBe('signal 9 (exit status 137)');
  expect(exitWords(1)).toBe('exit status 1');
});
