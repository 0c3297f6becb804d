import { expect, it } from 'vitest';
import { stackRows } from './stack-rows.ts';

const layer = (name: string, type: string, more: object = {}) => ({ name, type, dependsOn: [], priority: 0, values: {}, ...more });
const chart = { registry: 'stable', registryScope: 'tenant', name: 'web', version: '1.0.0' };
const version = {
  version: '1.0.0',
  layers: [
    layer('web', 'addon', { chart, dependsOn: ['db'] }),
    layer('db', 'addon', { manifests: ['a'] }),
    layer('kubernetes', 'kubernetes'),
  ],
};
const profiles: any = [{ scope: 'tenant', profile: { metadata: { name: 'shop' }, spec: {} }, versions: [version] }];
const packs: any = [
  {
    metadata: { name: 'stable.web' },
    spec: { registry: 'stable', name: 'web', latest: '1.1.0', versions: [{ version: '1.1.0' }, { version: '1.0.0', digest: 'd' }] },
  },
];
const fact = (name: string, state: string) => ({ name, state, reason: 'x', message: '', since: '' });
const cluster = (overrides: object = {}): any => ({
  metadata: { name: 'c', namespace: 'default' },
  spec: { profile: { scope: 'tenant', name: 'shop', version: '1.0.0' }, addons: [], overrides },
  status: { layers: [fact('web', 'Ready'), fact('gone', 'Removing')] },
});

it('has the layers in install order with what is known of them, and what is on its way out', () => {
  const rows = stackRows(cluster(), profiles, packs);
  expect(rows.map(({ name, content, fact: found }) => [name, content, found?.state])).toEqual([
    ['kubernetes', 'nothing yet', undefined],
    ['db', '1 manifest', undefined],
    ['web', 'web 1.0.0', 'Ready'],
    ['gone', undefined, 'Removing'],
  ]);
  expect(rows[2]?.pinned?.newer).toBe('1.1.0');
});

it('says which values a cluster has otherwise, but for those that it gave back', () => {
  const override = { values: { a: 1, b: { c: 2 } }, madeFor: '1.0.0', decisions: { a: 'take' } };
  expect(stackRows(cluster({ web: override }), profiles, packs)[2]?.overridden).toEqual(['b.c']);
  expect(stackRows(cluster({ web: { values: { a: 1 }, decisions: {} } }), profiles, packs)[2]?.overridden).toEqual(['a']);
});
