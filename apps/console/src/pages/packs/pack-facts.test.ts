import { expect, it } from 'vitest';
import { architecturesIn, packsThrough } from './pack-facts.ts';

const pack = (name: string, more: object = {}, latest: object = {}): any => ({
  spec: { name, registry: 'r', latest: '1.0.0', versions: [{ version: '1.0.0', ...latest }, { version: '0.9.0' }], ...more },
});
const packs = [
  pack('web', { description: 'Pages' }, { kubernetes: '>=1.30', architectures: ['amd64'] }),
  pack('cilium', { layer: 'cni', registry: 'other' }),
  pack('edge', {}, { architectures: ['arm64', 'riscv64'] }),
];
const names = (filter: object) => packsThrough(packs, filter).map(({ spec }) => spec.name);

it('narrows packs by words, type, registry, machines and Kubernetes, all of them at once', () => {
  expect(names({})).toEqual(['cilium', 'edge', 'web']);
  expect(names({ q: 'PAGES web' })).toEqual(['web']);
  expect(names({ type: 'cni' })).toEqual(['cilium']);
  expect(names({ registry: 'r' })).toEqual(['edge', 'web']);
  // Who names no machines works on all of them.
  expect(names({ arch: 'arm64' })).toEqual(['cilium', 'edge']);
  expect(names({ suits: '1.29.0' })).toEqual(['cilium', 'edge']);
  expect(names({ suits: '1.31.0', arch: 'amd64', registry: 'r' })).toEqual(['web']);
});

it('offers the machines that packs name', () => {
  expect(architecturesIn(packs)).toEqual(['amd64', 'arm64', 'riscv64']);
});
