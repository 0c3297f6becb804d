import type { HostFacts } from './host-facts.ts';

export interface BindMount {
  readonly source: string;
  readonly target: string;
  readonly readonly?: boolean;
}

/** One container of this package: a machine, the DNS server, a load balancer. */
export interface ContainerRequest {
  readonly hostname: string;
  readonly rootPath: string;
  readonly rootReadonly: boolean;
  readonly args: readonly string[];
  readonly netnsPath: string;
  readonly cgroup: string;
  readonly binds: readonly BindMount[];
  readonly sysctl?: Readonly<Record<string, string>>;
  /** `machine`: everything a kubelet needs. `service`: one small server. */
  readonly kind: 'machine' | 'service';
  /** Cores, fractions allowed. */
  readonly cpu?: number;
  readonly memoryMiB?: number;
}

interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

const serviceCapabilities = ['CAP_NET_BIND_SERVICE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_KILL', 'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];

/** Pure: the OCI runtime configuration of a container, for cgroup version 1 and 2. */
export function ociSpec(request: ContainerRequest, host: Pick<HostFacts, 'cgroupVersion' | 'capabilities'>): Record<string, unknown> {
  const machine = request.kind === 'machine';
  // What is not in the bounding set cannot be given: runc would fail on it (CAP_SYS_RESOURCE is missing in many sandboxes).
  const capabilities = machine ? [...host.capabilities] : serviceCapabilities.filter((name) => host.capabilities.includes(name));
  return {
    ociVersion: '1.0.2',
    hostname: request.hostname,
    root: { path: request.rootPath, readonly: request.rootReadonly },
    process: {
      terminal: false,
      // Not the umask of whoever called us.
      user: { uid: 0, gid: 0, umask: 0o022 },
      cwd: '/',
      args: request.args,
      env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'HOME=/root',
        'LC_ALL=C.UTF-8',
        'KUBECONFIG=/etc/kubernetes/admin.conf',
        'container=slipway',
      ],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [] },
      noNewPrivileges: !machine,
    },
    mounts: [...baseMounts(machine), ...request.binds.map(bindMount)],
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'pid' },
        { type: 'uts' },
        { type: 'ipc' },
        { type: 'cgroup' },
        { type: 'network', path: request.netnsPath },
      ],
      cgroupsPath: request.cgroup,
      resources: resources(request),
      ...(request.sysctl && { sysctl: request.sysctl }),
      ...(machine && { devices: [{ path: '/dev/kmsg', type: 'c', major: 1, minor: 11, fileMode: 0o600, uid: 0, gid: 0 }] }),
      // The kernel's and the memory manager's switches are the host's: a kubelet would set kernel.panic for everybody.
      readonlyPaths: machine
        ? ['/proc/sys/kernel', '/proc/sys/vm', '/proc/sys/fs', '/proc/sysrq-trigger']
        : ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'],
      maskedPaths: machine ? [] : ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
    },
  };
}

function baseMounts(machine: boolean): Mount[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: quiet },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...quiet, 'mode=1777'] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: machine ? quiet : [...quiet, 'ro'] },
    { destination: '/run', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=755'] },
    ...(machine
      ? [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...quiet, 'relatime', 'rw'] }]
      : [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=16m'] }]),
  ];
}

function bindMount(bind: BindMount): Mount {
  return { destination: bind.target, type: 'bind', source: bind.source, options: ['rbind', bind.readonly ? 'ro' : 'rw', 'rprivate'] };
}

const cpuPeriodMicroseconds = 100_000;

function resources(request: ContainerRequest): Record<string, unknown> {
  return {
    devices: request.kind === 'machine' ? [{ allow: true, access: 'rwm' }] : [{ allow: false, access: 'rwm' }],
    ...(request.cpu !== undefined && {
      cpu: {
        period: cpuPeriodMicroseconds,
        quota: Math.round(request.cpu * cpuPeriodMicroseconds),
        shares: Math.max(2, Math.round(request.cpu * 1024)),
      },
    }),
    // `swap` is memory plus swap: equal values mean no swap.
    ...(request.memoryMiB !== undefined && { memory: { limit: request.memoryMiB * 2 ** 20, swap: request.memoryMiB * 2 ** 20 } }),
  };
}
