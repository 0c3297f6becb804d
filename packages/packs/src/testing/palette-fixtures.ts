import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { writeTar } from '../archive/write-tar.ts';

export type FixtureFiles = Map<string, Buffer>;

const text = (value: string): Buffer => Buffer.from(value);

/** A chart as helm packs it. */
export function helmChart(name: string, version: string, files: Readonly<Record<string, string>> = {}): Buffer {
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\nappVersion: "9.9"\n`, ...files };
  return gzipSync(writeTar(Object.entries(all).map(([file, content]) => ({ name: `${name}/${file}`, data: text(content) }))));
}

export const folder = (files: Readonly<Record<string, unknown>>): FixtureFiles =>
  new Map(
    Object.entries(files).map(([name, content]) => {
      if (Buffer.isBuffer(content)) return [name, content];
      if (typeof content === 'string') return [name, text(content)];
      return [name, text(name.endsWith('.json') ? JSON.stringify(content, null, 2) : stringify(content))];
    }),
  );

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#246"/></svg>';

/** A pack of one chart, as an ingress controller would be packed for Palette. Our own text. */
export function chartPack(name = 'edge-router', version = '2.4.1'): FixtureFiles {
  return folder({
    'pack.json': {
      name,
      version,
      displayName: 'Edge router',
      layer: 'addon',
      addonType: 'ingress',
      addonSubType: 'http',
      group: 'routing',
      cloudTypes: ['all'],
      eol: '2030-06-30',
      annotations: { docsURL: 'https://router.example.org', source: 'community' },
      kubeManifests: [],
      charts: [`charts/${name}-${version}.tgz`],
      constraints: {
        dependencies: [
          { packName: 'kubernetes', layer: 'k8s', minVersion: '1.27.0', maxVersion: '', type: 'required' },
          { packName: 'cert-manager', layer: 'addon', minVersion: '1.10.0', maxVersion: '1.16.9', type: 'optional' },
          { packName: 'old-router', layer: 'addon', minVersion: '', maxVersion: '', type: 'notSupported' },
        ],
        resources: [
          {
            type: 'cpu',
            minLimit: 500,
            components: [
              {
                resourceRequestParamRef: `charts.${name}.controller.resources.requests.cpu`,
                replicaCountParamRef: `charts.${name}.controller.replicas`,
                scheduleType: 'worker',
              },
            ],
          },
          { type: 'memory', minLimit: 256 },
          { type: 'diskSize', minLimit: 2 },
        ],
      },
    },
    'values.yaml': `# Edge router
pack:
  namespace: "edge-router"
  spectrocloud.com/install-priority: "10"
  content:
    images:
      - image: registry.example.org/edge/router:v2.4.1
      - image: registry.example.org/edge/default-backend:1.0
charts:
  ${name}:
    controller:
      replicas: 2
      # Who the router is for.
      hostname: "{{.spectro.system.cluster.name}}.{{ .spectro.macro.BASE_DOMAIN }}"
      logLevel: {{.spectro.var.logLevel}}
      port: 8443
      kind: Deployment
      resources:
        requests:
          cpu: 250m
          memory: 128Mi
    ranges: ["10.0.0.1 - 10.0.0.9"]
    tls:
      enabled: false
      "secret.name": router-tls
`,
    'schema.yaml': `
charts.${name}.controller.replicas:
  schema: '{{ required | format "\${number:[1-9]}" | hints "How many routers run" }}'
charts.${name}.controller.kind:
  schema: '{{ format "\${list:[Deployment,DaemonSet]}" }}'
charts.${name}.controller.hostname:
  schema: '{{ required | format "\${string:/^[a-z0-9.-]+$/}" }}'
charts.${name}.ranges.$[]:
  schema: '{{ required | format "\${ipv4} - \${ipv4}" | hints "first and last address" }}'
charts.${name}.controller.port:
  schema: '{{ readonly }}'
`,
    'presets.yaml': `
presets:
  - name: "ha"
    displayName: "Highly available"
    group: "Size"
    remove: ["charts.${name}.controller.kind"]
    add: |
      charts:
        ${name}:
          controller:
            replicas: 3
            kind: DaemonSet
  - name: "tls"
    displayName: "TLS"
    group: "Security"
    add: |
      charts:
        ${name}:
          tls:
            enabled: true
            host: {{.spectro.var.tlsHost}}
`,
    'README.md': '# Edge router\n\nRoutes what comes from outside.\n',
    'logo.svg': SVG,
    [`charts/${name}-${version}.tgz`]: helmChart(name, version, {
      'values.yaml':
        '# replicas of the controller\ncontroller:\n  replicas: 1 # one is enough for a try\n  kind: Deployment\ntls:\n  enabled: false\n',
      'templates/config.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  replicas: {{ .Values.controller.replicas | quote }}\n',
    }),
  });
}

/** Several charts and a templated manifest, as storage for Palette comes. */
export function mixedPack(name = 'block-storage', version = '1.2.0'): FixtureFiles {
  return folder({
    'pack.json': {
      name,
      version,
      displayName: 'Block storage',
      layer: 'csi',
      cloudTypes: ['vsphere', 'edge-native'],
      kubeManifests: ['manifests/storage-class.yaml'],
      charts: ['charts/driver-0.9.0.tgz', 'charts/snapshots-4.0.0.tgz'],
    },
    'values.yaml': `pack:
  namespace: storage
charts:
  driver:
    endpoint: "{{ .spectro.var.endpoint | default "10.0.0.5" }}"
    threads: 4
  snapshots: {}
manifests:
  storage-class:
    default: true
    pool: fast
`,
    'manifests/storage-class.yaml':
      'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: block\n  annotations:\n    default: {{ .Values.default | quote }}\nparameters:\n  pool: {{ .Values.pool }}\n  zone: "{{.spectro.macro.ZONE}}"\nprovisioner: block.example.org\n',
    'charts/driver-0.9.0.tgz': helmChart('driver', '0.9.0', {
      'values.yaml': 'threads: 1\n',
      'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: driver}\ndata: {e: {{ .Values.endpoint | quote }}}\n',
    }),
    'charts/snapshots-4.0.0.tgz': helmChart('snapshots', '4.0.0'),
  });
}

/** Plain manifests. */
export function manifestPack(name = 'pod-rules', version = '0.3.0'): FixtureFiles {
  return folder({
    'pack.json': { name, version, displayName: 'Pod rules', layer: 'addon', kubeManifests: ['manifests/rules.yaml'], charts: [] },
    'values.yaml': 'pack:\n  namespace: rules\n',
    'manifests/rules.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: rules\ndata:\n  zone: "{{ .spectro.macro.ZONE | upper }}"\n  alert: "{{ $labels.pod }} is down"\n',
  });
}
