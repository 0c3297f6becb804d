import { describe, expect, it } from 'vitest';
import { cgroupFacts, capabilitiesOf } from './host-facts.ts';
import { ociSpec, type ContainerRequest } from './oci-spec.ts';

const request: ContainerRequest = {
  kind: 'machine',
  hostname: 'dev-cp-1',
  rootPath: '/root',
  rootReadonly: false,
  args: ['tini'],
  netnsPath: '/run/netns/x',
  cgroup: '/slipway-abc123/dev-cp-1',
  binds: [{ source: '/data', target: '/var/lib/containerd' }],
  cpu: 1.5,
  memoryMiB: 2048,
};
const host = { cgroupVersion: 1, capabilities: ['CAP_SYS_ADMIN', 'CAP_NET_BIND_SERVICE'] } as const;

interface Spec {
  process: { capabilities: { bounding: string[]; effective: string[] }; noNewPrivileges: boolean };
  mounts: { destination: string; type: string; options: string[] }[];
  linux: {
    namespaces: { type: string; path?: string }[];
    cgroupsPath: string;
    resources: { cpu?: object; memory?: object; devices: { allow: boolean }[] };
    readonlyPaths: string[];
  };
}
const spec = (changes: Partial<ContainerRequest> = {}) => ociSpec({ ...request, ...changes }, host) as unknown as Spec;

describe('the runtime configuration of a machine', () => {
  it('has namespaces of its own and joins its network', () => {
    const { namespaces } = spec().linux;
    expect(namespaces.map((namespace) => namespace.type).toSorted()).toEqual(['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts']);
    expect(namespaces.find((namespace) => namespace.type === 'network')?.path).toBe('/run/netns/x');
  });

  it('turns cores and MiB into what the kernel counts, without swap', () => {
    expect(spec().linux.resources.cpu).toEqual({ period: 100_000, quota: 150_000, shares: 1536 });
    expect(spec().linux.resources.memory).toEqual({ limit: 2 ** 31, swap: 2 ** 31 });
  });

  it('limits nothing that was not asked', () => {
    const { cpu: _cpu, memoryMiB: _memory, ...unlimited } = request;
    const { resources } = (ociSpec(unlimited, host) as unknown as Spec).linux;
    expect(resources.cpu).toBeUndefined();
    expect(resources.memory).toBeUndefined();
  });

  it('gives no capability that the host process has not', () => {
    expect(spec().process.capabilities.bounding).toEqual(host.capabilities);
    expect(spec({ kind: 'service' }).process.capabilities.effective).toEqual(['CAP_NET_BIND_SERVICE']);
  });

  it('keeps the switches of the whole host out of reach', () => {
    expect(spec().linux.readonlyPaths).toEqual(expect.arrayContaining(['/proc/sys/kernel', '/proc/sys/vm']));
  });

  it.each([1, 2] as const)('mounts its own cgroups writable on version %i', (cgroupVersion) => {
    const mounts = (ociSpec(request, { ...host, cgroupVersion }) as unknown as Spec).mounts;
    const cgroup = mounts.find((mount) => mount.destination === '/sys/fs/cgroup');
    // runc mounts version 2 for this type where the host has it.
    expect(cgroup?.type).toBe('cgroup');
    expect(cgroup?.options).toContain('rw');
    expect(cgroup?.options).not.toContain('ro');
  });

  it('gives a service neither devices nor cgroups nor new privileges', () => {
    const service = spec({ kind: 'service' });
    expect(service.linux.resources.devices).toEqual([expect.objectContaining({ allow: false })]);
    expect(service.mounts.map((mount) => mount.destination)).not.toContain('/sys/fs/cgroup');
    expect(service.process.noNewPrivileges).toBe(true);
  });
});

describe('facts of the host', () => {
  const v1 = [
    '25 20 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '28 25 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd',
    '29 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n');

  it('takes a hybrid host for version 1', () => {
    expect(cgroupFacts(v1, undefined)).toEqual({ cgroupVersion: 1, controllers: ['cpu', 'cpuacct', 'memory'] });
  });

  it('reads version 2', () => {
    const v2 = '25 20 0:22 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate';
    expect(cgroupFacts(v2, 'cpuset cpu io memory pids\n')).toEqual({
      cgroupVersion: 2,
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
    });
  });

  it('names capabilities by their bits', () => {
    expect(capabilitiesOf('0000000000200001')).toEqual(['CAP_CHOWN', 'CAP_SYS_ADMIN']);
    expect(capabilitiesOf('000001fffeffffff')).not.toContain('CAP_SYS_RESOURCE');
  });
});
