import { layer, NONROOT, PATH, program, programImage } from './catalogue-parts.ts';
import type { LayerSource, Piece } from './piece.ts';

const LOCAL_PATH = 'v0.0.30';
const METRICS_SERVER = 'v0.9.0';

/** What every cluster runs besides Kubernetes itself: volumes and metrics. */
export const ADDONS: readonly Piece[] = [
  program({
    name: 'local-path-provisioner',
    version: LOCAL_PATH,
    module: 'local-path-provisioner',
    package: 'github.com/rancher/local-path-provisioner',
    output: 'local-path-provisioner',
    set: [`main.VERSION=${LOCAL_PATH}`],
  }),
  ...programImage(
    'local-path-provisioner',
    LOCAL_PATH,
    [`slipway.dev/local-path-provisioner:${LOCAL_PATH}`],
    'usr/bin/local-path-provisioner',
    {
      entrypoint: ['/usr/bin/local-path-provisioner'],
      user: NONROOT,
    },
  ),
  layer('local-path-helper', '1', [
    { from: 'debian', packages: ['busybox-static'], only: ['bin/busybox$', '/copyright$'] },
    ...['sh', 'mkdir', 'rm', 'chmod', 'ls', 'cat', 'du'].map((name): LayerSource => ({ from: 'link', path: `bin/${name}`, to: 'busybox' })),
  ]),
  {
    name: 'image/local-path-helper',
    version: '1.0.0',
    kind: 'oci-layout',
    recipe: {
      type: 'image',
      images: [
        {
          // The second name is for people: the one small image every cluster has, for a first pod to play with.
          names: ['slipway.dev/local-path-helper:1.0.0', 'slipway.dev/busybox:1'],
          layers: ['layer/local-path-helper'],
          config: { entrypoint: ['/bin/sh'], env: [PATH] },
        },
      ],
    },
  },
  program({
    name: 'metrics-server',
    version: METRICS_SERVER,
    module: 'metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
    output: 'metrics-server',
    set: [`k8s.io/client-go/pkg/version.gitVersion=${METRICS_SERVER}`],
  }),
  ...programImage('metrics-server', METRICS_SERVER, [`slipway.dev/metrics-server:${METRICS_SERVER}`], 'metrics-server', {
    entrypoint: ['/metrics-server'],
    user: NONROOT,
  }),
];
