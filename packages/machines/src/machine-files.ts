import { sha256Hex } from '@slipway/kit';
import type { MachineSpec } from './driver.ts';
import type { HostFacts } from './host-facts.ts';
import { kubeletDropIn } from './kubeadm-settings.ts';

export interface MachineIdentity {
  readonly spec: MachineSpec;
  readonly address: string;
  readonly podSubnet: string | undefined;
  readonly hostAddress: string;
  readonly dnsAddress: string;
  /** Name of the sandbox image of the version, `registry.k8s.io/pause:3.10.1`. */
  readonly pauseImage: string | undefined;
}

/** DNS domain of the machines: `dev-cp-1` and `dev-cp-1.slipway.internal` are the same. */
export const machineDomain = 'slipway.internal';
/** Name under which machines find the hub: the host's address on the bridge. */
export const hubName = 'slipway-hub';

/** Where machines pull the toolchain's own images: from the host, at its address on the bridge. `apps/agent` serves them there. */
export const imageServer = { host: 'slipway.dev', port: 5010 } as const;

/** Pure: the files a machine has of its own, by path. Written into its upper layer before the first start. */
export function machineFiles(machine: MachineIdentity, host: HostFacts): Record<string, string> {
  const { spec, address, podSubnet } = machine;
  return {
    'etc/hostname': `${spec.name}\n`,
    // Equal ids confuse what counts machines (kubelet, log collectors): one per name, the same after a repeat.
    'etc/machine-id': `${sha256Hex(`slipway machine ${spec.name} ${address}`).slice(0, 32)}\n`,
    'etc/hosts': `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${address} ${spec.name}.${machineDomain} ${spec.name}\n${machine.hostAddress} ${hubName}\n`,
    'etc/resolv.conf': `search ${machineDomain}\nnameserver ${machine.dnsAddress}\n`,
    'etc/slipway/machine.env': environment({
      ADDRESS: address,
      POD_CIDR: spec.podCidr,
      POD_SUBNET: podSubnet,
      SERVICE_CIDR: spec.serviceCidr,
    }),
    'etc/containerd/config.toml': containerdConfig(machine.pauseImage),
    [`etc/containerd/certs.d/${imageServer.host}/hosts.toml`]: registryConfig(machine.hostAddress),
    'etc/crictl.yaml':
      'runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock\ntimeout: 10\n',
    'etc/kubernetes/kubelet.conf.d/10-slipway.conf': `${JSON.stringify(kubeletDropIn(host, spec), null, 2)}\n`,
    ...(podSubnet && { 'etc/cni/net.d/10-slipway.conflist': `${JSON.stringify(cniConfig(podSubnet), null, 2)}\n` }),
  };
}

function environment(values: Record<string, string | undefined>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}='${value ?? ''}'\n`)
    .join('');
}

/**
 * `ptp` with a route per peer instead of a bridge: service traffic between pods of one node works without the bridge netfilter module.
 * Addresses are kept below /run: after a restart of the machine no pod has one.
 */
export function cniConfig(podSubnet: string): Record<string, unknown> {
  return {
    cniVersion: '1.0.0',
    name: 'slipway',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: podSubnet }]], routes: [{ dst: '0.0.0.0/0' }], dataDir: '/run/cni/networks' },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

/** Pure: containerd's configuration (format of containerd 1.6 and 2). */
export function containerdConfig(pauseImage: string | undefined): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
${pauseImage ? `  sandbox_image = "${pauseImage}"\n` : ''}  # Without CAP_SYS_RESOURCE a container may not lower its oom score; runc then dies with "can't get final child's PID".
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** `server` too: these names are never looked up on the internet, where they may belong to anybody. */
function registryConfig(hostAddress: string): string {
  const url = `http://${hostAddress}:${imageServer.port}`;
  return `server = "${url}"\n\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;
}
