import type { GatewayCluster, KubeletSettings, PodNetwork } from '@slipway/model';

/** Everything a cloud needs to render one cluster's Cluster API objects. Pure values. */
export interface ClusterRenderInput {
  readonly clusterUid: string;
  readonly name: string;
  readonly project: string;
  /** `v1.35.4` */
  readonly kubernetesVersion: string;
  readonly controlPlane: {
    readonly replicas: number;
    readonly cpu?: number | undefined;
    readonly memoryMiB?: number | undefined;
    readonly kubelet?: KubeletSettings | undefined;
    /** Arguments of the API server, without dashes. */
    readonly apiServerArgs?: Readonly<Record<string, string | number | boolean>> | undefined;
  };
  readonly pools: readonly {
    readonly name: string;
    readonly replicas: number;
    readonly cpu?: number | undefined;
    readonly memoryMiB?: number | undefined;
    /** Fields of KubeletConfiguration for the machines of this pool. */
    readonly kubelet?: KubeletSettings | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  }[];
  /** Whether machines come with a pod network or wait for a pack that brings one. */
  readonly podNetwork: PodNetwork;
  /** Deployed images kubeadm must ask for: `{ etcd: '3.6.8-0', coredns: 'v1.14.2' }`. */
  readonly imageTags: { readonly etcd: string; readonly coredns: string };
}

/** One folder per cloud implements this; adding a cloud touches nothing else. */
export interface Cloud {
  readonly name: string;
  /** Pure: the Cluster API and provider objects of a cluster, in the order they are applied. */
  render(input: ClusterRenderInput): GatewayCluster;
}
