import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { ExtraArg } from '@slipway/machines';
import { CLUSTER_NETWORK } from '@slipway/model';
import type { Cloud, ClusterRenderInput } from '../contract/cloud.ts';
import {
  COMPONENT_CONFIG,
  controllerManagerArgs,
  CRI_SOCKET,
  extraArgs,
  kubeletFiles,
  LEASE_ARGS,
  PATCH_DIRECTORY,
  PREFLIGHT_IGNORES,
  STARTUP_PATCHES,
} from './kubeadm.ts';
import * as names from './names.ts';

type Pool = ClusterRenderInput['pools'][number];
interface Size {
  readonly cpu?: number | undefined;
  readonly memoryMiB?: number | undefined;
}

/** Pods and Services of every local cluster: clusters never reach each other's, so all may use the same ranges. */
export const POD_CIDR = CLUSTER_NETWORK.podCIDR;
export const SERVICE_CIDR = CLUSTER_NETWORK.serviceCIDR;

/** A Node may take 10 minutes to appear: the host may be busy building the toolchain. */
const NODE_STARTUP_SECONDS = 600;
const COMPONENT_CONFIG_PATH = '/etc/kubernetes/component-config.yaml';
/** The kubelet refuses to start with labels of these domains in --node-labels; Cluster API copies them from the Machine to the Node instead. */
const MACHINE_LABEL_DOMAINS = ['node-role.kubernetes.io', 'node-restriction.kubernetes.io', 'node.cluster.x-k8s.io'];

/**
 * The embedded cloud: machines on this host. Templates carry a hash of their content in their name, so that a change of size, labels or taints makes a new
 * template and Cluster API rolls the machines; the Kubernetes version rolls them by itself.
 */
export const localCloud: Cloud = {
  name: 'local',
  render(input) {
    const namespace = names.clusterNamespace(input.clusterUid);
    const builder = objectBuilder(input, namespace);
    return {
      clusterUid: input.clusterUid,
      name: input.name,
      project: input.project,
      namespace,
      cloud: 'local',
      kubernetesVersion: input.kubernetesVersion,
      // Only where it is not the usual one: what is rendered for clusters that run must not change.
      ...(input.podNetwork === 'pack' && { podNetwork: input.podNetwork }),
      objects: [
        builder.object(names.LOCAL_CLUSTER, input.name, {}),
        ...controlPlaneObjects(input, builder),
        builder.object(names.CLUSTER, input.name, clusterSpec(input.name)),
        ...input.pools.flatMap((pool) => poolObjects(input, pool, builder)),
      ] as unknown as Record<string, unknown>[],
    };
  },
};

/**
 * kubeadm looks for its token's signature in `cluster-info` when it starts and then only every 5 s; the signer of a new control plane is often a moment later.
 * Looking more often here saves most of those 5 s. It decides nothing: kubeadm still verifies the signature itself.
 */
const WAIT_FOR_SIGNATURE = [
  'c=/run/kubeadm/kubeadm-join-config.yaml; if [ -f $c ]; then',
  String.raw`t=$(sed -n 's/^ *token: *\([a-z0-9]*\)\..*/\1/p' $c); s=$(sed -n 's/^ *apiServerEndpoint: *//p' $c); end=$(($(date +%s) + 6));`,
  'until kubectl --username=anonymous --password=none --server "https://$s" --insecure-skip-tls-verify --request-timeout=2s get --raw /api/v1/namespaces/kube-public/configmaps/cluster-info 2>/dev/null',
  '| grep -q "jws-kubeconfig-$t" || [ $(date +%s) -ge $end ]; do sleep 0.3; done; fi',
].join(' ');

type Builder = ReturnType<typeof objectBuilder>;

function objectBuilder(input: ClusterRenderInput, namespace: string) {
  const labels = { [names.CLUSTER_UID_LABEL]: input.clusterUid, [names.CLUSTER_NAME_LABEL]: input.name };
  const object = (
    kind: { apiVersion: string; kind: string },
    name: string,
    spec: unknown,
    more: Record<string, string> = {},
  ): KubeObject => ({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { name, namespace, labels: { ...labels, ...more } },
    spec,
  });
  return {
    labels,
    podNetwork: input.podNetwork,
    object,
    /** Named by content: templates are never changed in place. */
    hashed: (kind: { apiVersion: string; kind: string }, base: string, spec: unknown): KubeObject =>
      object(kind, `${base}-${sha256Hex(canonicalJson(spec)).slice(0, 8)}`, spec),
  };
}

const clusterSpec = (name: string) => ({
  clusterNetwork: {
    services: { cidrBlocks: [SERVICE_CIDR] },
    pods: { cidrBlocks: [POD_CIDR] },
    serviceDomain: CLUSTER_NETWORK.serviceDomain,
  },
  controlPlaneRef: { apiGroup: names.CONTROL_PLANE_GROUP, kind: 'KubeadmControlPlane', name },
  infrastructureRef: { apiGroup: names.INFRA_GROUP, kind: 'LocalCluster', name },
});

const machineTemplate = (builder: Builder, base: string, size: Size): KubeObject =>
  builder.hashed({ apiVersion: names.INFRA_API, kind: 'LocalMachineTemplate' }, base, {
    template: {
      spec: {
        ...(size.cpu === undefined ? {} : { cpu: size.cpu }),
        ...(size.memoryMiB === undefined ? {} : { memoryMiB: size.memoryMiB }),
        // Only then: another template replaces machines.
        ...(builder.podNetwork === 'pack' && { podNetwork: 'none' }),
      },
    },
  });

/**
 * Drains are cut short: a pod that cannot leave must not hold up an upgrade for ever. A Node is removed however long that takes (0): no cloud controller would ever
 * remove one that was left behind while the API server was away. Cluster API changes these in place.
 */
const DELETION = { nodeDrainTimeoutSeconds: 30, nodeVolumeDetachTimeoutSeconds: 10, nodeDeletionTimeoutSeconds: 0 };

function controlPlaneObjects(input: ClusterRenderInput, builder: Builder): KubeObject[] {
  const template = machineTemplate(builder, `${input.name}-${names.CONTROL_PLANE_POOL}`, input.controlPlane);
  const registration = nodeRegistration([]);
  const apiServerArgs = extraArgs(input.controlPlane.apiServerArgs ?? {});
  const controlPlane = builder.object(names.CONTROL_PLANE, input.name, {
    replicas: input.controlPlane.replicas,
    version: input.kubernetesVersion,
    rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    machineTemplate: {
      metadata: { labels: { ...builder.labels, [names.POOL_LABEL]: names.CONTROL_PLANE_POOL } },
      spec: { infrastructureRef: localTemplateRef(template), deletion: DELETION },
    },
    kubeadmConfigSpec: {
      files: [
        { path: COMPONENT_CONFIG_PATH, permissions: '0644', content: COMPONENT_CONFIG },
        ...STARTUP_PATCHES,
        ...kubeletFiles(input.controlPlane.kubelet),
      ],
      // Only the first machine has kubeadm.yaml; later ones find the configuration in the cluster.
      preKubeadmCommands: [
        `if [ -f /run/kubeadm/kubeadm.yaml ]; then cat ${COMPONENT_CONFIG_PATH} >> /run/kubeadm/kubeadm.yaml; fi`,
        WAIT_FOR_SIGNATURE,
      ],
      clusterConfiguration: {
        etcd: { local: { imageTag: input.imageTags.etcd } },
        dns: { imageTag: input.imageTags.coredns },
        ...(apiServerArgs.length > 0 && { apiServer: { extraArgs: apiServerArgs } }),
        controllerManager: { extraArgs: controllerManagerArgs(input.podNetwork) },
        scheduler: { extraArgs: LEASE_ARGS },
      },
      initConfiguration: { nodeRegistration: registration },
      joinConfiguration: { nodeRegistration: registration, patches: { directory: PATCH_DIRECTORY } },
    },
  });
  // One at a time, and never when that would cost etcd its majority.
  const mayFail = Math.max(1, Math.floor((input.controlPlane.replicas - 1) / 2));
  const health = healthCheck(
    builder,
    { name: input.name, base: `${input.name}-control-plane`, mayFail },
    {
      matchLabels: { [names.CLUSTER_NAME_LABEL]: input.name, [names.CONTROL_PLANE_LABEL]: '' },
    },
  );
  return [template, controlPlane, health];
}

function poolObjects(input: ClusterRenderInput, pool: Pool, builder: Builder): KubeObject[] {
  const name = `${input.name}-${pool.name}`;
  const template = machineTemplate(builder, name, pool);
  const { machineLabels, nodeLabels } = splitLabels(pool);
  const files = kubeletFiles(pool.kubelet);
  const config = builder.hashed({ apiVersion: `${names.BOOTSTRAP_GROUP}/v1beta2`, kind: 'KubeadmConfigTemplate' }, name, {
    template: {
      spec: {
        ...(files.length > 0 && { files }),
        preKubeadmCommands: [WAIT_FOR_SIGNATURE],
        joinConfiguration: {
          nodeRegistration: {
            ...nodeRegistration(nodeLabels),
            ...(pool.taints.length > 0 ? { taints: pool.taints.map(({ key, value, effect }) => ({ key, value, effect })) } : {}),
          },
        },
      },
    },
  });
  const selector = { [names.CLUSTER_NAME_LABEL]: input.name, [names.DEPLOYMENT_NAME_LABEL]: name };
  const deployment = builder.object(
    names.MACHINE_DEPLOYMENT,
    name,
    {
      clusterName: input.name,
      replicas: pool.replicas,
      selector: { matchLabels: selector },
      rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      template: {
        metadata: { labels: { ...machineLabels, ...builder.labels, ...selector, [names.POOL_LABEL]: pool.name } },
        spec: {
          clusterName: input.name,
          version: input.kubernetesVersion,
          deletion: DELETION,
          bootstrap: { configRef: { apiGroup: names.BOOTSTRAP_GROUP, kind: 'KubeadmConfigTemplate', name: config.metadata.name } },
          infrastructureRef: localTemplateRef(template),
        },
      },
    },
    { [names.POOL_LABEL]: pool.name },
  );
  // More than two fifths gone at once is the host's trouble, not theirs: replacing them all would make it worse.
  const mayFail = Math.max(1, Math.ceil(pool.replicas * 0.4));
  const health = healthCheck(builder, { name: input.name, base: name, mayFail }, { matchLabels: selector });
  return [template, config, deployment, health];
}

const localTemplateRef = (template: KubeObject) => ({
  apiGroup: names.INFRA_GROUP,
  kind: 'LocalMachineTemplate',
  name: template.metadata.name,
});

function nodeRegistration(nodeLabels: readonly string[]) {
  const args: ExtraArg[] = [
    { name: 'provider-id', value: 'local:///{{ ds.meta_data.instance_id }}' },
    { name: 'node-ip', value: '{{ ds.meta_data.local_ipv4 }}' },
  ];
  if (nodeLabels.length > 0) args.push({ name: 'node-labels', value: nodeLabels.join(',') });
  return {
    name: '{{ ds.meta_data.local_hostname }}',
    criSocket: CRI_SOCKET,
    imagePullPolicy: 'IfNotPresent',
    ignorePreflightErrors: [...PREFLIGHT_IGNORES],
    kubeletExtraArgs: args,
  };
}

function splitLabels(pool: Pool) {
  const machineLabels: Record<string, string> = {};
  const nodeLabels: string[] = [];
  for (const [key, value] of Object.entries({ ...pool.labels, [names.POOL_LABEL]: pool.name }).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
    if (MACHINE_LABEL_DOMAINS.some((owned) => domain === owned || domain.endsWith(`.${owned}`))) machineLabels[key] = value;
    else nodeLabels.push(`${key}=${value}`);
  }
  return { machineLabels, nodeLabels };
}

function healthCheck(builder: Builder, of: { name: string; base: string; mayFail: number }, selector: object): KubeObject {
  return builder.object({ apiVersion: names.CAPI_API, kind: 'MachineHealthCheck' }, of.base, {
    clusterName: of.name,
    selector,
    checks: {
      nodeStartupTimeoutSeconds: NODE_STARTUP_SECONDS,
      // The provider sees a dead machine within a second; a silent Node alone gets a minute, since a busy host makes Nodes silent too.
      unhealthyMachineConditions: [{ type: 'InfrastructureReady', status: 'False', timeoutSeconds: 6 }],
      unhealthyNodeConditions: [
        { type: 'Ready', status: 'Unknown', timeoutSeconds: 60 },
        // A Node that waits for its network waits for a pack, whose image may have to be made first.
        { type: 'Ready', status: 'False', timeoutSeconds: builder.podNetwork === 'pack' ? 900 : 300 },
      ],
    },
    remediation: { triggerIf: { unhealthyLessThanOrEqualTo: of.mayFail } },
  });
}
