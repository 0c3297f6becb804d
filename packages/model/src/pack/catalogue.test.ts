import { expect, test } from 'vitest';
import { cataloguedPack, type ListedPackInput, newestRelease, packObjectName, withdrawnPack } from './catalogue.ts';
import { packSpecSchema } from './pack.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const C = `sha256:${'c'.repeat(64)}`;
const at = (now: string) => ({ registry: 'r', now });
const web = (...versions: ListedPackInput['versions']): ListedPackInput => ({ name: 'web', versions });

test('what a registry lists, with what its newest release says of itself', () => {
  const { spec, status, news } = cataloguedPack(
    undefined,
    web(
      { version: '2.0.0-rc.1', digest: B },
      {
        version: '1.1.0',
        digest: A,
        description: 'The web',
        deprecated: true,
        kubeVersion: '>=1.30.0-0',
        annotations: { 'slipway.dev/layer': 'addon', 'slipway.dev/display-name': 'Web' },
      },
    ),
    at('t1'),
  );
  expect(spec).toMatchObject({
    registry: 'r',
    name: 'web',
    latest: '1.1.0',
    layer: 'addon',
    displayName: 'Web',
    description: 'The web',
    deprecated: true,
  });
  expect(spec.versions[1]).toMatchObject({ version: '1.1.0', kubernetes: '>=1.30.0-0' });
  expect(packSpecSchema.safeParse(spec).success).toBe(true);
  expect([status.moved, news]).toEqual([[], []]);
});

test('a version that was replaced is noted once and not followed, until the first content comes back', () => {
  const first = cataloguedPack(undefined, web({ version: '1.0.0', digest: A, description: 'first' }), at('t1'));
  const second = cataloguedPack(first, web({ version: '1.0.0', digest: B, description: 'second' }), at('t2'));
  expect(second.spec.versions).toEqual([{ version: '1.0.0', digest: A, description: 'first' }]);
  expect(second.status.moved).toEqual([{ version: '1.0.0', digest: A, found: B, at: 't2' }]);
  expect(second.news).toEqual(second.status.moved);
  const again = cataloguedPack(second, web({ version: '1.0.0', digest: B }), at('t3'));
  expect([again.status.moved[0]?.at, again.news]).toEqual(['t2', []]);
  const third = cataloguedPack(again, web({ version: '1.0.0', digest: C }), at('t4'));
  expect(third.news).toEqual([{ version: '1.0.0', digest: A, found: C, at: 't4' }]);
  expect(cataloguedPack(third, web({ version: '1.0.0', digest: A }), at('t5')).status.moved).toEqual([]);
});

test('a version that vanishes is withdrawn, and its return with other content is noticed', () => {
  const first = cataloguedPack(undefined, web({ version: '1.0.0', digest: A }, { version: '0.9.0', digest: B }), at('t1'));
  const gone = cataloguedPack(first, web({ version: '0.9.0', digest: B }), at('t2'));
  expect(gone.spec.versions).toEqual([
    { version: '0.9.0', digest: B },
    { version: '1.0.0', digest: A, withdrawn: true },
  ]);
  expect(gone.spec.latest).toBe('0.9.0');
  const back = cataloguedPack(gone, web({ version: '1.0.0', digest: C }, { version: '0.9.0', digest: B }), at('t3'));
  expect(back.news).toEqual([{ version: '1.0.0', digest: A, found: C, at: 't3' }]);
  expect(back.spec.versions[0]).toEqual({ version: '1.0.0', digest: A });
  const all = { spec: withdrawnPack(first.spec), status: first.status };
  expect([all.spec.latest, all.spec.versions.every(({ withdrawn }) => withdrawn)]).toEqual([undefined, true]);
  expect(cataloguedPack(all, web({ version: '1.0.0', digest: B }), at('t4')).news).toHaveLength(1);
});

test('names of objects are names, and two packs never share one', () => {
  expect(packObjectName('r', 'web')).toBe('r.web');
  const odd = ['Web', 'web_', 'team/web', 'team-web', '../web', 'ü', '-', 'a'.repeat(300), 'team.web', 'team..web'];
  const names = odd.map((pack) => packObjectName('r', pack));
  expect(new Set(names).size).toBe(odd.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
});

test('the newest release goes before newer pre-releases', () => {
  expect(newestRelease(['1.0.0', 'v1.10.0', '1.9.0', '2.0.0-rc.1', 'nightly'])).toBe('v1.10.0');
  expect(newestRelease(['2.0.0-rc.1', '2.0.0-rc.2'])).toBe('2.0.0-rc.2');
  expect(newestRelease([])).toBeUndefined();
});

test('what a version said of itself stays when its registry was not asked about it again, and goes with it', () => {
  const annotations = { 'slipway.dev/layer': 'addon', 'slipway.dev/display-name': 'Web' };
  const first = cataloguedPack(undefined, web({ version: '1.0.0', digest: A, manifestDigest: C, annotations }), at('t1'));
  const second = cataloguedPack(first, web({ version: '1.0.0', digest: A, manifestDigest: C }), at('t2'));
  expect(second.spec).toMatchObject({ layer: 'addon', displayName: 'Web' });
  const third = cataloguedPack(
    second,
    web({ version: '1.1.0', digest: B, manifestDigest: B }, { version: '1.0.0', digest: A, manifestDigest: C }),
    at('t3'),
  );
  expect([third.spec.layer, third.spec.displayName]).toEqual([undefined, undefined]);
});

test('where a version says that it works is in the catalogue, and stays known of a manifest that is not read again', () => {
  const constraints = JSON.stringify({ kubernetes: '>=1.31', architectures: ['arm64'], clouds: ['local'] });
  const said = {
    version: '1.0.0',
    digest: A,
    manifestDigest: C,
    kubeVersion: '>=1.30',
    annotations: { 'slipway.dev/constraints': constraints },
  };
  const first = cataloguedPack(undefined, web(said, { version: '0.9.0', digest: B, kubeVersion: '>=1.20' }), at('t1'));
  expect(first.spec.versions.map(({ kubernetes, architectures }) => [kubernetes, architectures])).toEqual([
    ['>=1.31', ['arm64']],
    ['>=1.20', undefined],
  ]);
  expect(packSpecSchema.safeParse(first.spec).success).toBe(true);
  const again = cataloguedPack(first, web({ version: '1.0.0', digest: A, manifestDigest: C }), at('t2'));
  expect(again.spec.versions[0]).toMatchObject({ kubernetes: '>=1.31', architectures: ['arm64'] });
  // A version that says so no more works everywhere again.
  const open = cataloguedPack(first, web({ version: '1.0.0', digest: A, manifestDigest: C, annotations: {} }), at('t3'));
  expect(open.spec.versions[0]?.architectures).toBeUndefined();
});

test.each(['{', '[1]', 'architectures: all', 'kubernetes: nonsense'])('constraints that cannot be read say nothing: %s', (text) => {
  const { spec } = cataloguedPack(
    undefined,
    web({ version: '1.0.0', digest: A, annotations: { 'slipway.dev/constraints': text } }),
    at('t1'),
  );
  expect(spec.versions).toEqual([{ version: '1.0.0', digest: A }]);
});
