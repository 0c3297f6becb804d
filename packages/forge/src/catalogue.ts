import { SlipwayError } from '@slipway/kit';
import { CLUSTER_API_VERSION, clusterApi, clusterApiImages, type ClusterApiVariant } from './catalogue-cluster-api.ts';
import {
  ACCOUNTS,
  CERTIFICATES,
  IPTABLES_LINKS,
  IPTABLES_PACKAGES,
  layer,
  LIBRARIES,
  NONROOT,
  PATH,
  program,
  programImage,
} from './catalogue-parts.ts';
import { ADDONS } from './catalogue-addons.ts';
import { LIBRARY } from './catalogue-library.ts';
import type { GoProgram, LayerSource, Piece } from './piece.ts';

export { clusterApiImages, type ClusterApiVariant };

/** Kubernetes versions that can be made, oldest first, with the image tags kubeadm must be told and the wrapper module each is built from. */
export const KUBERNETES = [
  { version: 'v1.35.4', minor: '1.35', etcd: '3.6.8-0', coredns: 'v1.14.2', pause: '3.10.1' },
  { version: 'v1.36.3', minor: '1.36', etcd: '3.6.8-0', coredns: 'v1.14.2', pause: '3.10.2' },
] as const;

export type KubernetesEntry = (typeof KUBERNETES)[number];

const COREDNS = 'v1.14.2';
const ETCD = 'v3.6.8';
const HELM = 'v3.21.4';
const COSIGN = 'v2.6.5';
const CNI_PLUGINS = 'v1.8.0';
const DISTRIBUTION = 'v3.1.2';

/** The piece that is the program of the hub's embedded registry. */
export const EMBEDDED_REGISTRY = 'distribution';

const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const;

function kubernetes({ version, minor }: KubernetesEntry): Piece[] {
  const stamped = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((target) => [
    `${target}.gitVersion=${version}`,
    `${target}.gitMajor=1`,
    `${target}.gitMinor=${minor.slice(2)}`,
    `${target}.gitTreeState=clean`,
    `${target}.gitCommit=module`,
    `${target}.buildDate=1970-01-01T00:00:00Z`,
  ]);
  const binary = `kubernetes-${minor}`;
  const links = KUBERNETES_PROGRAMS.map((name): LayerSource => ({ from: 'link', path: `usr/local/bin/${name}`, to: 'hyperkube' }));
  return [
    program({
      name: binary,
      version,
      module: binary,
      package: '.',
      output: 'hyperkube',
      set: stamped,
      // Upstream publishes the programs one by one; the multi-call binary comes only from a mirror that holds ours.
      release: { path: 'release/{version}/bin/linux/{arch}/hyperkube' },
    }),
    layer(`hyperkube-${minor}`, version, [{ from: 'piece', piece: binary, path: 'usr/local/bin/hyperkube' }, ...links]),
    {
      name: `image/${binary}`,
      version,
      kind: 'oci-layout',
      recipe: {
        type: 'image',
        images: KUBERNETES_PROGRAMS.map((name) => ({
          names: [`registry.k8s.io/${name}:${version}`],
          // The big layer below what only one image has: then its snapshot too is shared.
          layers: ['layer/accounts', `layer/hyperkube-${minor}`, ...(name === 'kube-proxy' ? ['layer/iptables'] : [])],
          config: { entrypoint: [`/usr/local/bin/${name}`], env: [PATH] },
        })),
      },
    },
  ];
}

const cniProgram = (path: string): GoProgram => ({
  package: `github.com/containernetworking/plugins/plugins/${path}`,
  output: path.slice(path.indexOf('/') + 1),
});
const CNI_PROGRAMS = ['ipam/host-local', 'main/loopback', 'main/ptp', 'meta/portmap'].map(cniProgram);

/** Every piece of the toolchain. Order is the order of cold builds: what the first cluster waits for longest comes first. */
export const CATALOGUE: readonly Piece[] = [
  ...kubernetes(KUBERNETES[0]),
  layer('accounts', '1', [...ACCOUNTS, CERTIFICATES]),
  program({
    name: 'etcd',
    version: ETCD,
    module: 'etcd',
    package: '.',
    output: 'etcd',
    release: { path: 'etcd/{version}/bin/linux/{arch}/etcd' },
  }),
  ...programImage('etcd', ETCD, ['registry.k8s.io/etcd:3.6.8-0'], 'usr/local/bin/etcd', {
    entrypoint: ['/usr/local/bin/etcd'],
    env: [PATH],
  }),
  program({
    name: 'coredns',
    version: COREDNS,
    module: 'coredns',
    package: 'github.com/coredns/coredns',
    output: 'coredns',
    release: {
      path: 'coredns/{version}/bin/linux/{arch}/coredns_{bare}_linux_{arch}.tgz',
      upstream: {
        url: 'https://github.com/coredns/coredns/releases/download/{version}/coredns_{bare}_linux_{arch}.tgz',
        checksum: 'https://github.com/coredns/coredns/releases/download/{version}/coredns_{bare}_linux_{arch}.tgz.sha256',
      },
      unpack: [{ member: 'coredns', output: 'coredns' }],
    },
  }),
  ...programImage('coredns', COREDNS, [`registry.k8s.io/coredns/coredns:${COREDNS}`], 'coredns', {
    // Root, as kubeadm's Deployment drops all capabilities but NET_BIND_SERVICE, which another user would not receive without file capabilities.
    entrypoint: ['/coredns'],
    workingDir: '/',
  }),
  program({ name: 'pause', version: '3.10.2', module: 'pause', package: '.', output: 'pause' }),
  layer('pause', '3.10.2', [{ from: 'piece', piece: 'pause', path: 'pause' }]),
  {
    name: 'image/pause',
    version: '3.10.2',
    kind: 'oci-layout',
    recipe: {
      type: 'image',
      images: [
        {
          names: KUBERNETES.map(({ pause }) => `registry.k8s.io/pause:${pause}`),
          layers: ['layer/pause'],
          config: { entrypoint: ['/pause'], user: '65535:65535' },
        },
      ],
    },
  },
  layer('iptables', '1', [
    {
      from: 'debian',
      packages: IPTABLES_PACKAGES,
      only: ['^(usr/)?s?bin/', LIBRARIES, '^etc/(protocols|services|ethertypes)$', '/copyright$'],
    },
    ...IPTABLES_LINKS,
    // The lock of the legacy variant; kube-proxy usually mounts the host's.
    { from: 'directory', path: 'run' },
  ]),
  {
    name: 'cni-plugins',
    version: CNI_PLUGINS,
    kind: 'directory',
    recipe: { type: 'go', module: 'cni-plugins', programs: CNI_PROGRAMS },
    release: {
      path: 'cni-plugins/{version}/bin/linux/{arch}/cni-plugins-linux-{arch}-{version}.tgz',
      upstream: {
        url: 'https://github.com/containernetworking/plugins/releases/download/{version}/cni-plugins-linux-{arch}-{version}.tgz',
        checksum:
          'https://github.com/containernetworking/plugins/releases/download/{version}/cni-plugins-linux-{arch}-{version}.tgz.sha256',
      },
      unpack: CNI_PROGRAMS.map(({ output }) => ({ member: `./${output}`, output })),
    },
  },
  program({
    name: 'helm',
    version: HELM,
    module: 'helm',
    package: 'helm.sh/helm/v3/cmd/helm',
    output: 'helm',
    // As upstream's Makefile does: without it "helm template" takes the cluster for Kubernetes 1.20 and refuses charts that name a newer one.
    set: [
      `helm.sh/helm/v3/internal/version.version=${HELM}`,
      ...['lint/rules', 'chartutil'].flatMap((name) => [
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMajor=1`,
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMinor=36`,
      ]),
    ],
    release: {
      path: 'helm/{version}/bin/linux/{arch}/helm',
      upstream: {
        url: 'https://get.helm.sh/helm-{version}-linux-{arch}.tar.gz',
        checksum: 'https://get.helm.sh/helm-{version}-linux-{arch}.tar.gz.sha256sum',
      },
      unpack: [{ member: 'linux-{arch}/helm', output: 'helm' }],
    },
  }),
  // The hub's own registry. Nothing waits for it: it is made in the background.
  program({ name: EMBEDDED_REGISTRY, version: DISTRIBUTION, module: 'distribution', package: '.', output: 'registry' }),
  ...clusterApi('tuned'),
  {
    name: 'cluster-api-components',
    version: CLUSTER_API_VERSION,
    kind: 'manifest',
    recipe: {
      type: 'components',
      module: 'cluster-api',
      of: 'sigs.k8s.io/cluster-api',
      parts: ['core', 'bootstrap/kubeadm', 'controlplane/kubeadm'],
      kubectl: 'kubernetes-1.35',
      images: clusterApiImages('stock'),
    },
  },
  layer('agent-base', '1', [
    ...ACCOUNTS,
    CERTIFICATES,
    { from: 'debian', packages: ['libc6', 'libgcc-s1', 'libstdc++6'], only: [LIBRARIES, '/copyright$'] },
  ]),
  layer('agent-tools', '1', [
    { from: 'node', path: 'usr/local/bin/node' },
    { from: 'piece', piece: 'helm', path: 'usr/local/bin/helm' },
  ]),
  {
    name: 'image/agent',
    version: '0.1.0',
    kind: 'oci-layout',
    recipe: {
      type: 'program-image',
      repository: 'slipway.dev/agent',
      layers: ['layer/agent-base', 'layer/agent-tools'],
      entry: 'apps/agent/src/main.ts',
      path: 'app/agent.mjs',
      config: {
        // Resident memory counts, speed does not: a small young generation, lean code, no optimizing compilers (whose pages would be read in), one helper thread,
        // and a collector that the agent may call after a large plan. See bench/README.md for what it comes to.
        entrypoint: [
          '/usr/local/bin/node',
          '--max-semi-space-size=1',
          '--max-old-space-size=320',
          '--optimize-for-size',
          '--no-opt',
          '--no-maglev',
          '--v8-pool-size=1',
          '--expose-gc',
          '/app/agent.mjs',
        ],
        user: NONROOT,
        workingDir: '/home/nonroot',
        env: [
          PATH,
          'HOME=/home/nonroot',
          'NODE_ENV=production',
          'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
          // One malloc arena, and large blocks straight from the system, so that what is freed goes back to it.
          'MALLOC_ARENA_MAX=1',
          'MALLOC_TRIM_THRESHOLD_=65536',
          'MALLOC_MMAP_THRESHOLD_=65536',
        ],
      },
    },
  },
  ...ADDONS,
  ...kubernetes(KUBERNETES[1]),
  ...clusterApi('stock'),
  ...LIBRARY,
];

/** Beside the product: what its tests run, shipped to nobody. */
export const TEST_CATALOGUE: readonly Piece[] = [
  ...CATALOGUE,
  program({ name: 'test-clients', version: '1', module: 'test-clients', package: '.', output: 'test-clients' }),
  program({ name: 'test-tofu', version: '1.12.6', module: 'test-tofu', package: 'github.com/opentofu/opentofu/cmd/tofu', output: 'tofu' }),
  program({
    name: 'test-terraform-provider',
    version: '1.19.0',
    module: 'test-terraform-provider',
    package: 'github.com/gavinbunney/terraform-provider-kubectl',
    output: 'terraform-provider-kubectl',
  }),
  program({ name: 'test-argocd', version: '1', module: 'test-clients', package: './argocd', output: 'test-argocd' }),
  // What signatures are compared with.
  program({
    name: 'test-cosign',
    version: COSIGN,
    module: 'test-cosign',
    package: 'github.com/sigstore/cosign/v2/cmd/cosign',
    output: 'test-cosign',
  }),
];

/** Pieces that a cluster of this version needs: the binary, CNI plugins and every image its nodes must hold. */
export const clusterPieces = ({ minor }: KubernetesEntry): string[] => [
  `kubernetes-${minor}`,
  `image/kubernetes-${minor}`,
  'image/etcd',
  'image/coredns',
  'image/pause',
  'cni-plugins',
  'image/agent',
  'image/local-path-provisioner',
  'image/local-path-helper',
  'image/metrics-server',
];

/** What the gateway needs besides: Cluster API's managers and their manifests, and helm for the host. */
export const gatewayPieces = (variant: ClusterApiVariant = 'tuned'): string[] => [
  `image/cluster-api${variant === 'stock' ? '' : '-tuned'}`,
  'cluster-api-components',
];

/** The catalogue's entry for `v1.35.4`, or an error naming the versions there are. */
export function kubernetesEntry(version: string): KubernetesEntry {
  const entry = KUBERNETES.find((item) => item.version === version);
  if (entry) return entry;
  throw new SlipwayError('NotFound', `Kubernetes ${version} is not in the toolchain.`, {
    hint: `There are: ${KUBERNETES.map((item) => item.version).join(', ')}.`,
  });
}

/** Image tags kubeadm must be told (`etcd.local.imageTag`, `dns.imageTag`) and the pause tag containerd must use. */
export function kubernetesImageTags(version: string): { readonly etcd: string; readonly coredns: string; readonly pause: string } {
  const { etcd, coredns, pause } = kubernetesEntry(version);
  return { etcd, coredns, pause };
}
