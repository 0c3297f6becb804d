import { describe, expect, it } from 'vitest';
import { alone, profileVersion } from '../cluster-profile/test-profiles.ts';
import { resolveProfile } from '../cluster-profile/resolve.ts';
import { removalWords } from './removal-words.ts';

const OTHERS =
  'Left alone are objects that others took over, that were there before, or that ask to be kept (helm.sh/resource-policy: keep).';
const object = (kind: string, name: string, apiVersion = 'v1') => JSON.stringify({ apiVersion, kind, metadata: { name } });

const layers = resolveProfile({
  profiles: alone(
    profileVersion([
      { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
      {
        name: 'db',
        type: 'addon',
        namespace: 'db',
        manifests: [
          object('Namespace', 'extra'),
          object('PersistentVolumeClaim', 'data'),
          object('StatefulSet', 'db', 'apps/v1'),
          object('CustomResourceDefinition', 'dbs.example.org', 'apiextensions.k8s.io/v1'),
          object('ConfigMap', 'settings'),
        ],
      },
      { name: 'plain', type: 'addon', manifests: [object('ConfigMap', 'plain')] },
      { name: 'web', type: 'addon', namespace: 'web', chart: { registry: 'builtin', name: 'web', version: '1.0.0' } },
    ]),
  ),
  variables: {},
}).layers;
const words = (name: string, ...rest: [Parameters<typeof removalWords>[1]?]) =>
  removalWords(layers.find((layer) => layer.name === name) as (typeof layers)[number], ...rest);

describe('what a plan says of a removal', () => {
  it('is what goes with the data, and what stays', () => {
    expect(words('db')).toBe(
      [
        'What this layer made is deleted, and nothing else.',
        'Volume data goes with the data.',
        'Claims that its StatefulSets made stay, with the data.',
        'Namespaces extra, db go only with the last layer in them, and stay when anything foreign is there.',
        'Definition dbs.example.org goes only when all of its objects were of this layer.',
        OTHERS,
      ].join(' '),
    );
    expect(words('plain')).toBe(`What this layer made is deleted, and nothing else. ${OTHERS}`);
    expect(words('web')).toBe(
      [
        'What this layer made is deleted, and nothing else.',
        'Volumes that the chart itself claims go with their data; claims that its StatefulSets made stay.',
        'Namespace web goes only with the last layer in it, and stays when anything foreign is there.',
        'Definitions (CRDs) of it go only when all of their objects were of this layer.',
        OTHERS,
      ].join(' '),
    );
    expect(words('kubernetes')).toBe('It came with the machines: nothing in the cluster is deleted.');
  });

  it('speaks of those objects only that go', () => {
    expect(words('db', [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'data', namespace: 'db' }])).toBe(
      `Volume data goes with the data. ${OTHERS}`,
    );
  });
});
