import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { clusterProfileSpecSchema, type ClusterProfileSpec } from '../cluster-profile/cluster-profile.ts';
import { contentHash } from '../cluster-profile/published.ts';
import type { ApiObject } from '../meta/object.ts';
import { exportCauses } from './content-hash.ts';
import { exportProfile, readExportedProfile } from './exported.ts';

const spec = (valuesYaml = '# ours\nreplicas: 3 # so many\nhost: {{ .macro.domain }}\n', more: object = {}): ClusterProfileSpec =>
  clusterProfileSpecSchema.parse({
    displayName: 'Shop',
    versions: [
      {
        version: '1.0.0',
        variables: [{ name: 'password', type: 'secret', required: true }],
        layers: [
          { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
          { name: 'web', type: 'addon', chart: { registry: 'stable', name: 'web', version: '1.2.3' }, valuesYaml },
        ],
        ...more,
      },
      {
        version: '2.0.0',
        state: 'draft',
        layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } }],
      },
    ],
  });
const object = (given = spec()): ApiObject<ClusterProfileSpec> =>
  ({
    apiVersion: 'slipway.dev/v1',
    kind: 'ClusterProfile',
    metadata: { name: 'shop', uid: 'u', resourceVersion: '5', labels: { team: 'a' } },
    spec: given,
    status: { published: [], removed: [] },
  }) as never;
const first = (given = spec()) => given.versions[0] as ClusterProfileSpec['versions'][number];
const text = exportProfile(object(), first());

describe('an exported version', () => {
  test('is read back as it was, with comments, and its hash', () => {
    const read = readExportedProfile(text, 'file');
    expect(read).toEqual({
      name: 'shop',
      scope: 'tenant',
      about: { displayName: 'Shop', description: '', type: 'full', cloud: 'any' },
      version: first(),
      hash: contentHash(first()),
    });
    expect(read.version.layers[1]?.valuesYaml).toContain('# so many');
  });

  test('is one object that says what it refers to, and nothing of where it was', () => {
    const document = parseDocument(text);
    expect(text.slice(0, text.indexOf('apiVersion'))).toMatch(
      /pack web 1\.2\.3 of the registry stable.*\n.*macro domain\n.*secret variable password/,
    );
    expect(Object.keys(document.toJS() as object)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect((document.toJS() as { metadata: object }).metadata).toEqual({
      name: 'shop',
      annotations: { 'content-hash.slipway.dev/1.0.0': `sha256:${contentHash(first())}` },
    });
  });

  test('is the same, whatever texts it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 100 }), (values, description) => {
        const given = spec(values.replaceAll('\0', ''), { description });
        expect(readExportedProfile(exportProfile(object(given), first(given)), 'file').hash).toBe(contentHash(first(given)));
      }),
      { numRuns: 50 },
    );
  });

  test('a draft is not exported', () => {
    const given = spec();
    expect(() => exportProfile(object(given), given.versions[1] as never)).toThrow(/is a draft/);
  });

  test.each([
    ['changed values', text.replace('replicas: 3', 'replicas: 4'), /was changed after it was exported/],
    ['another comment in the values', text.replace('so many', 'so few'), /was changed after/],
    ['no hash', text.replace(/ {2}annotations:\n.*\n/, ''), /does not say what its content was/],
    ['another version’s hash', text.replace('content-hash.slipway.dev/1.0.0', 'content-hash.slipway.dev/1.0.1'), /does not say/],
    ['a draft', text.replace('state: published', 'state: draft'), /holds a draft/],
    ['another kind', text.replace('kind: ClusterProfile', 'kind: Role'), /is no exported profile: kind/],
    ['an unknown field', text.replace('  type: full', '  type: full\n  evil: 1'), /is no exported profile: spec/],
    ['two documents', `${text}---\napiVersion: v1\nkind: Secret\n`, /more than one document/],
    ['aliases', text.replace('kind: ClusterProfile', 'x: &a [1]\ny: *a\nkind: ClusterProfile'), /cannot be read/],
    ['a name that is none', text.replace('name: shop', 'name: ../../shop'), /metadata\.name/],
    ['no YAML', '{{{{', /cannot be read/],
    ['nothing', '', /is no exported profile/],
    ['a list', '[]', /is no exported profile/],
    ['very much', `#${'x'.repeat(9_000_000)}`, /larger than/],
    ['very deep', `a: ${'['.repeat(5000)}`, /nested deeper|cannot be read/],
  ])('with %s is refused', (_what, given, message) => {
    expect(() => readExportedProfile(given, 'file')).toThrow(message);
  });

  test('is refused where it is stored by any tool, when its content is another one', () => {
    const stored = parseDocument(text).toJS() as never;
    expect(exportCauses(stored)).toEqual([]);
    const changed = parseDocument(text.replace('replicas: 3', 'replicas: 4')).toJS() as never;
    expect(exportCauses(changed)).toMatchObject([
      { field: 'spec.versions[0]', message: expect.stringContaining('is not the one that was exported') },
    ]);
    expect(exportCauses(object())).toEqual([]);
  });
});
