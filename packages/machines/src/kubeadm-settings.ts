import type { HostFacts } from './host-facts.ts';

export interface ExtraArg {
  readonly name: string;
  readonly value: string;
}

/** What kubeadm, the kubelet and kube-proxy must be told on local machines. `clouds` puts it into the Cluster API objects it renders. */
export interface KubeadmSettings {
  readonly criSocket: string;
  readonly imagePullPolicy: 'IfNotPresent';
  readonly ignorePreflightErrors: readonly string[];
  /** Document of kind KubeletConfiguration. The machine also has it as a drop-in (`kubeletDropIn`), so joins need not repeat it. */
  readonly kubeletConfiguration: Readonly<Record<string, unknown>>;
  /** Document of kind KubeProxyConfiguration. */
  readonly kubeProxyConfiguration: Readonly<Record<string, unknown>>;
  readonly controllerManagerExtraArgs: readonly ExtraArg[];
}

/**
 * Absolute thresholds: the kubelet's defaults are percentages of the whole disk, so a half-full laptop would taint every node, and image
 * collection would delete preloaded images that no registry can bring back.
 */
export const kubeletImageAdvice = {
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi' },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
} as const;

export function kubeadmSettings(host: Pick<HostFacts, 'cgroupVersion'>): KubeadmSettings {
  return {
    criSocket: 'unix:///run/containerd/containerd.sock',
    imagePullPolicy: 'IfNotPresent',
    ignorePreflightErrors,
    kubeletConfiguration: kubeletConfiguration(host),
    kubeProxyConfiguration: {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      // The connection table belongs to the host: its size cannot be set from a machine.
      conntrack: { maxPerCore: 0, min: 0 },
    },
    // The driver gives each machine its pod subnet before the kubelet starts, so nodes are Ready at once.
    controllerManagerExtraArgs: [{ name: 'allocate-node-cidrs', value: 'false' }],
  };
}

/** `SystemVerification` stops on cgroup v1 even with `failCgroupV1: false`, and on a kernel whose configuration is not readable; the others ask for what machines have otherwise. */
const ignorePreflightErrors = [
  'FileContent--proc-sys-net-bridge-bridge-nf-call-iptables',
  'FileExisting-crictl',
  'Service-kubelet',
  'Swap',
  'SystemVerification',
];

function kubeletConfiguration(host: Pick<HostFacts, 'cgroupVersion'>): Record<string, unknown> {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'cgroupfs',
    ...(host.cgroupVersion === 1 && { failCgroupV1: false }),
    failSwapOn: false,
    // /proc/sys/kernel and /proc/sys/vm are the host's and read-only in a machine: the gate lets the kubelet go on without them.
    featureGates: { KubeletInUserNamespace: true },
    resolvConf: '/etc/resolv.conf',
    ...kubeletImageAdvice,
  };
}

/**
 * The drop-in of one machine (`/etc/kubernetes/kubelet.conf.d/10-slipway.conf`, read through `--config-dir`): the settings above, and what
 * the machine's limits leave of the host as reserved, because the kubelet sees the whole host's cores and memory.
 */
export function kubeletDropIn(host: HostFacts, limits: { readonly cpu?: number; readonly memoryMiB?: number }): Record<string, unknown> {
  const cpu = limits.cpu === undefined ? 0 : Math.max(0, Math.round((host.cpus - limits.cpu) * 1000));
  const memory = limits.memoryMiB === undefined ? 0 : Math.max(0, host.memoryMiB - limits.memoryMiB);
  return {
    ...kubeletConfiguration(host),
    // An image that is made while it is pulled must not hold up the others.
    serializeImagePulls: false,
    ...((cpu > 0 || memory > 0) && {
      systemReserved: { ...(cpu > 0 && { cpu: `${cpu}m` }), ...(memory > 0 && { memory: `${memory}Mi` }) },
      // Only counted, not enforced: the machine's own cgroup is the enforcement.
      enforceNodeAllocatable: ['pods'],
    }),
  };
}
