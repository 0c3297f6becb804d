import type { ClusterValues } from '@slipway/model';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderClusterValues } from './cluster-values.ts';

const values: ClusterValues = {
  cluster: 'dev',
  profile: 'shop@1.0.0',
  addons: ['system/monitoring@2.0.0'],
  kubernetesVersion: 'v1.35.4',
  variables: [
    { name: 'host', value: 'shop', from: 'default', profile: 'shop@1.0.0' },
    { name: 'password', value: '***', from: 'secret', profile: 'shop@1.0.0' },
  ],
  macros: [{ name: 'domain', value: 'example.org', scope: 'system' }],
  layers: [
    { name: 'kubernetes', type: 'kubernetes', profile: 'shop@1.0.0', namespace: 'default', content: 'kubernetes 1.35.4' },
    {
      name: 'web',
      type: 'addon',
      profile: 'shop@1.0.0',
      namespace: 'web',
      content: 'chart web 1.2.3',
      values: { replicas: 5, host: 'shop.example.org', tls: { secret: null }, args: ['-a', '-b'], 'a.b': {}, text: 'one\ntwo\n' },
      origins: [
        { path: 'replicas', from: 'preset', preset: 'large' },
        { path: 'host', from: 'profile', uses: ['.var.host', '.macro.domain'] },
        { path: 'tls.secret', from: 'cluster' },
        { path: 'args', from: 'pack' },
        { path: '["a.b"]', from: 'chart' },
        { path: 'text', from: 'profile' },
      ],
    },
    {
      name: 'extra',
      type: 'addon',
      profile: 'system/monitoring@2.0.0',
      namespace: 'default',
      content: '1 object',
      objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }],
      incomplete: 'the registry is away',
    },
  ],
};

test('values are YAML that says behind each where it comes from', () => {
  const text = renderClusterValues({ paint: (_colour, text) => text }, values);
  expect(text).toBe(`# cluster dev: shop@1.0.0, system/monitoring@2.0.0, Kubernetes v1.35.4
# variables:
#   host: "shop"  a default (shop@1.0.0)
#   password: "***"  a secret of the cluster (shop@1.0.0)
# macros:
#   domain: "example.org"  of the installation
---
# layer kubernetes  kubernetes 1.35.4, of shop@1.0.0, in namespace default
---
# layer web  chart web 1.2.3, of shop@1.0.0, in namespace web
replicas: 5 # preset large
host: shop.example.org # profile, .var.host, .macro.domain
tls:
  secret: null # override of the cluster
# pack
args:
  - -a
  - -b
# chart
a.b: {}
# profile
text: |
  one
  two
---
# layer extra  1 object, of system/monitoring@2.0.0, in namespace default
# incomplete: the registry is away
apiVersion: v1
kind: ConfigMap
metadata:
  name: c`);
  expect(parseAllDocuments(text).map((document) => document.toJS() as unknown)).toEqual([
    null,
    values.layers[1]?.values,
    values.layers[2]?.objects?.[0],
  ]);
});
