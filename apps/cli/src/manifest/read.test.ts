import { SlipwayError } from '@slipway/kit';
import { describe, expect, it } from 'vitest';
import { checkManifests } from './check.ts';
import { locateCauses, parseManifests, splitPath } from './read.ts';

const yaml = `# two documents
apiVersion: slipway.dev/v1
kind: Cluster
metadata:
  name: dev
spec:
  profile:
    name: starter
    version: 1.0.0
---
kind: MachinePool
metadata: {name: dev-workers}
spec:
  cluster: dev
  replicas: 100000
  labels:
    a.b/c: x
  colour: red
`;

const refusal = (work: () => unknown): SlipwayError => {
  try {
    work();
  } catch (error) {
    if (error instanceof SlipwayError) return error;
  }
  throw new Error('it was not refused');
};

describe('manifests', () => {
  it('splits paths as the hub writes them', () => {
    expect(splitPath('spec.pools[0].labels["a.b/c"]')).toEqual(['spec', 'pools', 0, 'labels', 'a.b/c']);
    expect(splitPath('spec.versions.1.layers')).toEqual(['spec', 'versions', 1, 'layers']);
  });

  it('finds the line of a field, and of its nearest parent when it is not there', () => {
    const [cluster, pool] = parseManifests(yaml, 'f.yaml');
    expect(cluster?.source).toBe('f.yaml:2');
    expect(cluster?.locate('spec.profile.version')).toBe('f.yaml:9');
    expect(cluster?.locate('spec.profile.missing')).toBe('f.yaml:7');
    expect(pool?.locate('spec.replicas')).toBe('f.yaml:15');
    expect(pool?.locate('spec.labels["a.b/c"]')).toBe('f.yaml:17');
  });

  it('refuses all wrong fields of all documents at once, each with its line', () => {
    const error = refusal(() => checkManifests(parseManifests(yaml, 'f.yaml')));
    expect(error.causes.map((cause) => cause.field).toSorted()).toEqual(['f.yaml:15: spec.replicas', 'f.yaml:18: spec.colour']);
  });

  it('says where YAML is broken and which kind was meant', () => {
    expect(refusal(() => parseManifests('kind: Cluster\nspec: [', 'f.yaml')).message).toMatch(/^f\.yaml:\d+: this is not valid YAML/);
    expect(refusal(() => parseManifests('kind: Clustre\nmetadata: {name: a}', 'f.yaml')).hint).toBe('Did you mean "Cluster"?');
    expect(refusal(() => parseManifests('kind: clusters\nmetadata: {name: a}', 'f.yaml')).hint).toBe('Did you mean "Cluster"?');
    expect(refusal(() => parseManifests('kind: Cluster\napiVersion: v2\nmetadata: {name: a}', 'f.yaml')).hint).toBe(
      'Write apiVersion: slipway.dev/v1',
    );
    expect(refusal(() => parseManifests('kind: Cluster\n', 'f.yaml')).message).toMatch(/no metadata\.name/);
  });

  it('points the causes of a refusal by the hub at the file', () => {
    const [cluster] = parseManifests(yaml, 'f.yaml');
    if (!cluster) throw new Error('no document');
    const refused = new SlipwayError('Invalid', 'no', {
      causes: [{ field: 'spec.profile.name', message: 'not found' }],
      detail: 'request r-1',
    });
    const located = locateCauses(refused, cluster);
    expect(located.causes[0]?.field).toBe('f.yaml:8: spec.profile.name');
    expect(located.detail).toBe('request r-1');
  });
});
