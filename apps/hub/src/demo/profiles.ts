import { type ClusterProfileSpec, clusterProfileKinds } from '@slipway/model';

/** Kubernetes of each version of a profile, oldest first. */
const KUBERNETES = ['v1.35.4', 'v1.35.4', 'v1.36.3'] as const;

const chart = (name: string, namespace: string, more: object = {}): object => ({
  name,
  type: 'addon',
  namespace,
  chart: { registry: 'builtin', name, version: '1.0.0' },
  ...more,
});

const LAYERS: Readonly<Record<string, object>> = {
  storage: { ...chart('local-path-storage', 'local-path-storage'), name: 'storage', type: 'csi' },
  'metrics-server': chart('metrics-server', 'metrics-server', { values: { kubeletInsecureTLS: true } }),
  policy: { ...chart('admission-baseline', 'admission', { priority: -10 }), name: 'policy' },
  ingress: chart('ingress', 'ingress', { dependsOn: ['policy'] }),
  monitoring: chart('monitoring', 'monitoring', { dependsOn: ['storage', 'policy'], values: { kubelet: { insecureTLS: true } } }),
  database: {
    ...chart('postgresql', 'database', { dependsOn: ['storage', 'policy'], values: { auth: { existingSecret: 'database-auth' } } }),
    name: 'database',
  },
};

function versionOf(version: string, kubernetes: string, layers: readonly string[], description: string): object {
  return {
    version,
    description,
    layers: [
      { name: 'os', type: 'os', namespace: 'kube-system', builtin: { name: 'debian', version: '12' } },
      { name: 'kubernetes', type: 'kubernetes', namespace: 'kube-system', builtin: { name: 'kubernetes', version: kubernetes } },
      { name: 'cni', type: 'cni', namespace: 'kube-system', builtin: { name: 'routed', version: '1.0.0' } },
      ...layers.map((name) => LAYERS[name]),
    ],
  };
}

const PROFILES: Readonly<Record<string, { displayName: string; description: string; layers: readonly string[] }>> = {
  store: {
    displayName: 'Store',
    description: 'What runs in every store: tills, price tags, a local database',
    layers: ['storage', 'metrics-server', 'policy', 'database'],
  },
  plant: {
    displayName: 'Plant',
    description: 'Production lines and depots, with monitoring on site',
    layers: ['storage', 'metrics-server', 'policy', 'monitoring'],
  },
  data: {
    displayName: 'Data',
    description: 'Pipelines and models',
    layers: ['storage', 'metrics-server', 'policy', 'ingress', 'monitoring', 'database'],
  },
};

/** The profiles of the made-up fleet, besides those that come with the hub. */
export const demoProfiles: readonly (readonly [name: string, spec: ClusterProfileSpec])[] = Object.entries(PROFILES).map(
  ([name, { displayName, description, layers }]) => {
    const versions = [
      versionOf('1.0.0', KUBERNETES[0], layers.slice(0, -1), 'First version'),
      versionOf('1.1.0', KUBERNETES[1], layers, `With ${layers.at(-1)}`),
      versionOf('1.2.0', KUBERNETES[2], layers, 'Kubernetes 1.36'),
    ];
    return [name, clusterProfileKinds.at('tenant').spec.parse({ displayName, description, versions })];
  },
);

/** Versions of each profile, oldest first, and how many clusters of a hundred have which. */
export const VERSIONS: Readonly<Record<string, readonly (readonly [version: string, share: number])[]>> = {
  store: [
    ['1.0.0', 9],
    ['1.1.0', 63],
    ['1.2.0', 28],
  ],
  plant: [
    ['1.0.0', 6],
    ['1.1.0', 38],
    ['1.2.0', 56],
  ],
  data: [
    ['1.1.0', 20],
    ['1.2.0', 80],
  ],
  web: [
    ['1.0.0', 35],
    ['1.1.0', 65],
  ],
  starter: [
    ['1.0.0', 55],
    ['1.1.0', 45],
  ],
};
