import { expect, it } from 'vitest';
import { selects } from './members.ts';
import { rolloutSpecSchema } from './rollout.ts';

const cluster = (namespace: string, name: string, labels: Record<string, string> = {}) =>
  ({
    metadata: { name, namespace, labels, uid: `${namespace}-${name}` },
    spec: { profile: { scope: 'tenant', name: 'web', version: '1.0.0' }, addons: [] },
  }) as any;
const chosen = (selector: object) => {
  const spec = rolloutSpecSchema.parse({ target: { name: 'web', version: '1.1.0' }, selector });
  return [cluster('shop', 'eu', { env: 'prod' }), cluster('shop', 'us'), cluster('data', 'eu', { env: 'prod' })]
    .filter(selects({ spec, metadata: {} }))
    .map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
};

it('clusters are chosen by name, project and label, all that is said holding at once', () => {
  expect(chosen({})).toEqual(['shop/eu', 'shop/us', 'data/eu']);
  expect(chosen({ clusters: ['shop/us', 'data/eu', 'data/gone'] })).toEqual(['shop/us', 'data/eu']);
  expect(chosen({ clusters: ['shop/us', 'data/eu'], labels: 'env=prod' })).toEqual(['data/eu']);
  expect(chosen({ projects: ['shop'], labels: 'env=prod' })).toEqual(['shop/eu']);
});

it('a cluster is named with its project', () => {
  for (const name of ['eu', 'shop/', '/eu', 'shop/eu/x', 'Shop/eu'])
    expect(() => rolloutSpecSchema.parse({ target: { name: 'web', version: '1' }, selector: { clusters: [name] } })).toThrow(
      'project/name',
    );
});
