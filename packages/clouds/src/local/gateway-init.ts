import { stringify } from 'yaml';
import type { Machine } from '@slipway/machines';
import type { BootstrapData, BootstrapFile } from './provider/cloud-config.ts';
import { COMPONENT_CONFIG, CRI_SOCKET, PREFLIGHT_IGNORES } from './kubeadm.ts';

/** What the gateway's machine is told at first boot: one `kubeadm init` of a single node that also runs pods. Pure. */
export function gatewayInitData(
  machine: Pick<Machine, 'name' | 'address'>,
  options: { readonly kubernetesVersion: string; readonly imageTags: { readonly etcd: string; readonly coredns: string } },
): BootstrapData {
  const config = [initConfiguration(machine), clusterConfiguration(machine, options)].map((document) => stringify(document)).join('---\n');
  return {
    files: [file('/run/kubeadm/kubeadm.yaml', `${config}${COMPONENT_CONFIG}`, 0o600)],
    commands: ['kubeadm init --config /run/kubeadm/kubeadm.yaml && echo success > /run/cluster-api/bootstrap-success.complete'],
  };
}

const file = (path: string, content: string, mode: number): BootstrapFile => ({
  path,
  content: Buffer.from(content),
  mode,
  owner: 'root:root',
  append: false,
});

const initConfiguration = ({ name, address }: Pick<Machine, 'name' | 'address'>) => ({
  apiVersion: 'kubeadm.k8s.io/v1beta4',
  kind: 'InitConfiguration',
  localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 },
  nodeRegistration: {
    name,
    criSocket: CRI_SOCKET,
    imagePullPolicy: 'IfNotPresent',
    ignorePreflightErrors: PREFLIGHT_IGNORES,
    // Schedulable: it is the only node.
    taints: [],
    kubeletExtraArgs: [{ name: 'node-ip', value: address }],
  },
  // Nothing in the gateway looks up names.
  skipPhases: ['addon/coredns'],
});

const clusterConfiguration = (
  { name, address }: Pick<Machine, 'name' | 'address'>,
  {
    kubernetesVersion,
    imageTags,
  }: { readonly kubernetesVersion: string; readonly imageTags: { readonly etcd: string; readonly coredns: string } },
) => ({
  apiVersion: 'kubeadm.k8s.io/v1beta4',
  kind: 'ClusterConfiguration',
  clusterName: 'gateway',
  kubernetesVersion,
  controlPlaneEndpoint: `${address}:6443`,
  // No one renews them.
  certificateValidityPeriod: '87600h',
  networking: { podSubnet: '10.201.0.0/16', serviceSubnet: '10.97.0.0/16' },
  apiServer: { certSANs: [name, address, 'localhost', '127.0.0.1'] },
  etcd: { local: { imageTag: imageTags.etcd } },
  dns: { imageTag: imageTags.coredns },
  // One of each for ever: with no lease to wait for they work at once after a crash.
  controllerManager: {
    extraArgs: [
      { name: 'allocate-node-cidrs', value: 'false' },
      { name: 'leader-elect', value: 'false' },
    ],
  },
  scheduler: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
});
