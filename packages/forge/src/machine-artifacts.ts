import { SlipwayError } from '@slipway/kit';
import { gatewayPieces, kubernetesEntry } from './catalogue.ts';
import type { Artifact, Toolchain } from './toolchain.ts';

type Image = { readonly digest: string; readonly path: string; readonly names: readonly string[] };

/** The part of `MachineArtifacts` (packages/machines) that comes from the toolchain; the node root is made there. */
export interface ToolchainArtifacts {
  kubernetesBinary(version: string): Promise<string>;
  images(version: string): Promise<readonly Image[]>;
  kubernetesImages(version: string): Promise<readonly Image[]>;
  cniPlugins(): Promise<string>;
}

/**
 * What local machines need, from the toolchain. Pieces must be there already (`ensure` shows progress, this does not): one that is missing is made.
 *
 * The oldest version's images include Cluster API's managers, since the gateway runs that version. Each version's include Kubernetes itself of the version before,
 * if it is there: a node that joins in an upgrade starts with the kube-proxy of the old version, and importing an image then costs seconds.
 */
export function machineArtifacts(toolchain: Toolchain, options: { readonly signal?: AbortSignal } = {}): ToolchainArtifacts {
  const one = async (name: string): Promise<Artifact> => {
    const artifact = (await toolchain.find(name)) ?? (await toolchain.ensure([name], options)).get(name);
    if (!artifact) throw new SlipwayError('NotFound', `The toolchain did not give ${name}.`);
    return artifact;
  };
  return {
    async kubernetesBinary(version) {
      return (await one(`kubernetes-${kubernetesEntry(version).minor}`)).path;
    },
    async images(version) {
      const versions = toolchain.kubernetesVersions();
      const gateway = version === versions[0] ? gatewayPieces() : [];
      const names = [...toolchain.forKubernetes(version), ...gateway].filter((name) => name.startsWith('image/'));
      const images: Artifact[] = [];
      for (const name of names) images.push(await one(name));
      const before = versions[versions.indexOf(version) - 1];
      const earlier = before === undefined ? undefined : await toolchain.find(kubernetesImage(before));
      return [...images, ...(earlier ? [earlier] : [])].map(asImage);
    },
    kubernetesImages: async (version) => [asImage(await one(kubernetesImage(version)))],
    cniPlugins: async () => (await one('cni-plugins')).path,
  };
}

const kubernetesImage = (version: string): string => `image/kubernetes-${kubernetesEntry(version).minor}`;
const asImage = ({ digest, path, names }: Artifact): Image => ({ digest, path, names: names ?? [] });
