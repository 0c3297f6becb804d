import { describe, expect, it } from 'vitest';
import { kinds } from '../kinds.ts';
import { growthOf, MEASURED_KINDS, refusalOf, sumOf, usageOf } from './usage.ts';

const cluster = { kind: 'Cluster', plural: 'clusters', readOnly: false };
const pool = { kind: 'MachinePool', plural: 'machinepools', readOnly: false };
const machine = { kind: 'Machine', plural: 'machines', readOnly: true };

describe('what objects take', () => {
  it('counts an object, its machines and their size', () => {
    expect(usageOf(cluster, { controlPlane: { replicas: 3, size: { cpu: 2, memoryMiB: 4096 } } })).toEqual({
      amounts: { clusters: 1, objects: 1, nodes: 3, cpu: 6, memoryMiB: 12_288 },
      unsaid: {},
    });
    expect(usageOf(pool, { replicas: 2, size: { cpu: 0.5 } })).toEqual({
      amounts: { machinepools: 1, objects: 1, nodes: 2, cpu: 1 },
      unsaid: { memoryMiB: 'spec.size.memoryMiB' },
    });
    expect(usageOf(machine, {}).amounts).toEqual({ machines: 1 });
  });

  it('measures kinds that there are', () => expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...MEASURED_KINDS])));

  it('adds up without the noise of fractions', () => {
    expect(sumOf([{ cpu: 0.1 }, { cpu: 0.2 }, { nodes: 1 }])).toEqual({ cpu: 0.3, nodes: 1 });
  });

  it('a change takes only what it takes more', () => {
    const small = usageOf(pool, { replicas: 2, size: { cpu: 4 } });
    expect(growthOf(small, usageOf(pool, { replicas: 5, size: { cpu: 1 } })).amounts).toEqual({ nodes: 3 });
    expect(growthOf(small, usageOf(pool, { replicas: 1, size: { cpu: 4 } }))).toEqual({ amounts: {}, unsaid: {} });
  });
});

describe('what does not fit', () => {
  const limit = { name: 'shop', hard: { clusters: 2, nodes: 5, cpu: 8 } };

  it('is told in Kubernetes’ words: asked, used and limited of all that is exceeded', () => {
    const growth = { amounts: { nodes: 3, clusters: 1, objects: 1 }, unsaid: {} };
    expect(refusalOf(limit, { clusters: 2, nodes: 4 }, growth)).toBe(
      'exceeded quota: shop, requested: clusters=1,nodes=3, used: clusters=2,nodes=4, limited: clusters=2,nodes=5',
    );
    expect(refusalOf(limit, { clusters: 1, nodes: 2 }, growth)).toBeUndefined();
    expect(refusalOf(limit, {}, { amounts: { cpu: 8 }, unsaid: {} })).toBeUndefined();
  });

  it('blocks growth when the limit is below what is used, and nothing else', () => {
    expect(refusalOf({ name: 'low', hard: { clusters: 1 } }, { clusters: 5 }, { amounts: { clusters: 1 }, unsaid: {} })).toMatch(
      /used: clusters=5/,
    );
    expect(refusalOf({ name: 'low', hard: { clusters: 1 } }, { clusters: 5 }, { amounts: { nodes: 1 }, unsaid: {} })).toBeUndefined();
  });

  it('who limits cores wants machines to say how many', () => {
    const growth = growthOf(undefined, usageOf(pool, { replicas: 1, size: {} }));
    expect(refusalOf(limit, {}, growth)).toBe('failed quota: shop: must specify cpu (spec.size.cpu)');
    expect(refusalOf({ name: 'n', hard: { nodes: 1 } }, {}, growth)).toBeUndefined();
  });
});
