import { expect, it } from 'vitest';
import { choicesOf, narrowed } from './catalogue-filter.ts';

const registry = (name: string, type: string, healthy?: string): any => ({
  metadata: { name },
  spec: { type },
  status: { conditions: healthy === undefined ? [] : [{ type: 'Ready', status: healthy }] },
});
const registries = [registry('a', 'helm', 'True'), registry('b', 'oci', 'False'), registry('c', 'helm')];
const names = (filter: object) => narrowed('registries', registries, filter)?.map(({ metadata }) => metadata.name);

it('narrows registries by type and by whether they can be read', () => {
  expect(names({})).toEqual(['a', 'b', 'c']);
  expect(names({ type: 'helm' })).toEqual(['a', 'c']);
  expect([names({ health: 'ok' }), names({ health: 'failing' }), names({ health: 'unread' })]).toEqual([['a'], ['b'], ['c']]);
  expect(choicesOf('registries', registries)[0]?.options.map(([value]) => value)).toEqual(['helm', 'oci']);
});

it('narrows packs, and nothing else', () => {
  const pack: any = { spec: { name: 'web', registry: 'a', latest: '1.0.0', versions: [{ version: '1.0.0', architectures: ['arm64'] }] } };
  expect(narrowed('packs', [pack], { arch: 'amd64' })).toEqual([]);
  expect(narrowed('packs', [pack], { arch: 'arm64', registry: 'a' })).toEqual([pack]);
  expect(choicesOf('packs', [pack]).map(({ filter }) => filter)).toEqual(['type', 'registry', 'arch', 'suits']);
  expect([narrowed('teams', [], {}), choicesOf('teams', [])]).toEqual([undefined, []]);
});
