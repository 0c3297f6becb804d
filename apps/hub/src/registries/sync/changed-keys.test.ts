import type { ObjectStore } from '@slipway/model';
import type { KnownCatalogue } from '@slipway/packs';
import { expect, test } from 'vitest';
import { syncRegistry } from './sync-registry.ts';

const version = { version: '1.0.0', digest: 'sha256:aa', manifestDigest: 'sha256:bb', signedBy: 'old', unsigned: 'no' };
const pack = { kind: 'Pack', metadata: { name: 'r.web' }, spec: { registry: 'r', name: 'web', versions: [version] } };

test.each([
  [false, version],
  [true, { version: '1.0.0', digest: 'sha256:aa', manifestDigest: 'sha256:bb' }],
])('who signed what is asked anew when the registry changed (%s)', async (isChanged, expected) => {
  let found: ReturnType<KnownCatalogue['find']>;
  await syncRegistry({
    ref: { tenant: 't', name: 'r' },
    registry: { metadata: { name: 'r' } } as never,
    spec: { type: 'embedded' } as never,
    source: {
      from: 'registry',
      async catalogue(known) {
        found = known.find('web', '1.0.0');
        return undefined;
      },
      fetch: () => Promise.reject(new Error('nothing is fetched')),
    },
    revision: undefined,
    isChanged,
    store: { list: async () => ({ items: [pack], resourceVersion: '1' }) } as unknown as ObjectStore,
    now: 'now',
    onMoved: async () => undefined,
  });
  expect(found).toEqual(expected);
});
