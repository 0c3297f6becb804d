import { layer, NONROOT, PATH, program } from './catalogue-parts.ts';
import type { Piece } from './piece.ts';

export const CLUSTER_API_VERSION = 'v1.14.2';

const CLUSTER_API_MANAGERS = [
  { part: 'core', package: 'sigs.k8s.io/cluster-api/core', image: 'cluster-api-controller' },
  { part: 'bootstrap', package: 'sigs.k8s.io/cluster-api/bootstrap/kubeadm', image: 'kubeadm-bootstrap-controller' },
  { part: 'control-plane', package: 'sigs.k8s.io/cluster-api/controlplane/kubeadm', image: 'kubeadm-control-plane-controller' },
] as const;

export type ClusterApiVariant = 'stock' | 'tuned';

/** Image names of Cluster API's managers by the last part of their name; the tuned ones are not upstream's, so they do not carry upstream's name. */
export const clusterApiImages = (variant: ClusterApiVariant): Readonly<Record<string, string>> =>
  Object.fromEntries(
    CLUSTER_API_MANAGERS.map(({ image }) => [
      image,
      variant === 'stock'
        ? `registry.k8s.io/cluster-api/${image}:${CLUSTER_API_VERSION}`
        : `slipway.dev/cluster-api/${image}:${CLUSTER_API_VERSION}-tuned`,
    ]),
  );

/** Managers, their layers and their images in one variant. */
export function clusterApi(variant: ClusterApiVariant): Piece[] {
  const suffix = variant === 'stock' ? '' : '-tuned';
  const names = clusterApiImages(variant);
  const managers = CLUSTER_API_MANAGERS.flatMap(({ part, package: main }) => [
    program({
      name: `cluster-api-${part}${suffix}`,
      version: CLUSTER_API_VERSION,
      module: 'cluster-api',
      package: main,
      output: 'manager',
      set: [`sigs.k8s.io/cluster-api/version.gitVersion=${CLUSTER_API_VERSION}`],
      ...(variant === 'tuned' && { waits: { file: 'waits.json', of: 'sigs.k8s.io/cluster-api' } }),
    }),
    layer(`cluster-api-${part}${suffix}`, CLUSTER_API_VERSION, [{ from: 'piece', piece: `cluster-api-${part}${suffix}`, path: 'manager' }]),
  ]);
  return [
    ...managers,
    {
      name: `image/cluster-api${suffix}`,
      version: CLUSTER_API_VERSION,
      kind: 'oci-layout',
      recipe: {
        type: 'image',
        images: CLUSTER_API_MANAGERS.map(({ part, image }) => ({
          names: [names[image] ?? image],
          layers: ['layer/accounts', `layer/cluster-api-${part}${suffix}`],
          config: { entrypoint: ['/manager'], user: NONROOT, env: [PATH] },
        })),
      },
    },
  ];
}
