import { type ExtraArg, kubeadmSettings } from '@slipway/machines';
import { canonicalJson } from '@slipway/kit';
import type { KubeletSettings, PodNetwork } from '@slipway/model';
import { stringify } from 'yaml';

/**
 * Rendered objects must not depend on the host that happens to render them, or machines would be replaced when the hub moves: the settings for cgroup v1
 * are right on v2 as well, and each machine has what its own host needs as a drop-in.
 */
const settings = kubeadmSettings({ cgroupVersion: 1 });

export const PREFLIGHT_IGNORES = settings.ignorePreflightErrors;
export const CRI_SOCKET = settings.criSocket;

/**
 * Kubelet and kube-proxy configuration as YAML documents, appended to kubeadm's init configuration. KubeadmConfigSpec has no field for them; kubeadm
 * puts them into the cluster's ConfigMaps, where joining machines find them.
 */
export const COMPONENT_CONFIG = [settings.kubeletConfiguration, settings.kubeProxyConfiguration]
  .map((document) => `---\n${stringify(document)}`)
  .join('');

/** Short leases: a lost leader costs a joining node at most 6 s instead of 15. */
export const LEASE_ARGS: readonly ExtraArg[] = [
  { name: 'leader-elect-lease-duration', value: '6s' },
  { name: 'leader-elect-renew-deadline', value: '4s' },
  { name: 'leader-elect-retry-period', value: '1s' },
];

/** Where a pack makes the pod network, it goes by the ranges that the controller manager gives each Node, kubeadm's default; machines bring their own. */
export const controllerManagerArgs = (podNetwork: PodNetwork): readonly ExtraArg[] => [
  ...(podNetwork === 'pack' ? [] : settings.controllerManagerExtraArgs),
  ...LEASE_ARGS,
  { name: 'node-monitor-grace-period', value: '16s' },
  { name: 'node-monitor-period', value: '2s' },
];

const KUBELET_SETTINGS = '/etc/kubernetes/kubelet.conf.d/50-settings.conf';

/** What a profile or a pool says about the kubelet, as a drop-in that it reads after the machine's own. None when nothing is said: other files replace machines. */
export const kubeletFiles = (settings: KubeletSettings | undefined): { path: string; permissions: string; content: string }[] =>
  settings === undefined || Object.keys(settings).length === 0
    ? []
    : [
        {
          path: KUBELET_SETTINGS,
          permissions: '0644',
          content: `${JSON.stringify({ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', ...sorted(settings) }, null, 2)}\n`,
        },
      ];

/** Arguments as Cluster API takes them, in an order that does not depend on who wrote them. */
export const extraArgs = (args: Readonly<Record<string, string | number | boolean>>): ExtraArg[] =>
  Object.entries(sorted(args)).map(([name, value]) => ({ name, value: String(value) }));

/** The same settings are the same text, however they were stored: another text replaces machines. */
const sorted = <T extends object>(value: T): T => JSON.parse(canonicalJson(value)) as T;

export const PATCH_DIRECTORY = '/etc/kubernetes/patches';
const STATIC_PODS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
/** As long as kubeadm's own probe lets them take. */
const STARTUP_SECONDS = 240;

/**
 * For joins. kubeadm's probes first look 10 s after a component has started and then every 10 s; it is not ready before, however well it runs, and Cluster API goes on
 * to the next machine only when all four are. These look every second, until the first success.
 *
 * Not for init: a kubelet shows its static pods to the API server when its node is registered, which a brand-new API server may still refuse, and again when a probe's
 * result changes. With quick probes that is before the API server is there, and the pod then stays unseen for a minute.
 */
export const STARTUP_PATCHES = STATIC_PODS.map((name) => ({
  path: `${PATCH_DIRECTORY}/${name}+strategic.yaml`,
  permissions: '0644',
  content: stringify({
    spec: { containers: [{ name, startupProbe: { initialDelaySeconds: 1, periodSeconds: 1, failureThreshold: STARTUP_SECONDS } }] },
  }),
}));
