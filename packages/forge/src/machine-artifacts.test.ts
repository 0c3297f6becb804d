import { expect, test } from 'vitest';
import { machineArtifacts } from './machine-artifacts.ts';
import type { Toolchain } from './toolchain.ts';

/** A toolchain that has some pieces and notes which others it is asked to make. */
function toolchainWith(have: readonly string[]) {
  const made: string[] = [];
  const artifact = (name: string) => ({
    name,
    digest: `sha256:${name}`,
    path: `/cache/${name}`,
    kind: 'oci-layout' as const,
    names: [name],
  });
  const toolchain: Toolchain = {
    pieces: () => have,
    ensure: async (names) => new Map(names.map((name) => (made.push(name), [name, artifact(name)]))),
    find: async (name) => (have.includes(name) ? artifact(name) : undefined),
    forKubernetes: (version) => [`image/kubernetes-${version.slice(1, 5)}`, 'image/etcd', 'cni-plugins'],
    kubernetesVersions: () => ['v1.35.4', 'v1.36.3'],
  };
  return { toolchain, made };
}
const namesOf = (images: readonly { names: readonly string[] }[]) => images.flatMap(({ names }) => names);

test('a version brings Kubernetes of the version before it, for the nodes that join in an upgrade, but makes it for nobody', async () => {
  const both = toolchainWith(['image/kubernetes-1.35', 'image/kubernetes-1.36', 'image/etcd']);
  expect(namesOf(await machineArtifacts(both.toolchain).images('v1.36.3'))).toEqual([
    'image/kubernetes-1.36',
    'image/etcd',
    'image/kubernetes-1.35',
  ]);
  expect(both.made).toEqual([]);
  const fresh = toolchainWith(['image/etcd']);
  expect(namesOf(await machineArtifacts(fresh.toolchain).images('v1.36.3'))).toEqual(['image/kubernetes-1.36', 'image/etcd']);
  expect(fresh.made).toEqual(['image/kubernetes-1.36']);
});

test('machines of another version get Kubernetes itself and nothing of the gateway', async () => {
  const { toolchain } = toolchainWith(['image/kubernetes-1.35']);
  expect(namesOf(await machineArtifacts(toolchain).kubernetesImages('v1.35.4'))).toEqual(['image/kubernetes-1.35']);
  expect(namesOf(await machineArtifacts(toolchain).images('v1.35.4'))).toContain('image/cluster-api-tuned');
});
