import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProfileVersion } from '../cluster-profile/cluster-profile.ts';
import { contentHash } from '../cluster-profile/published.ts';
import { KUBERNETES, profileVersion } from '../cluster-profile/test-profiles.ts';
import { applyProfileDiff, detailsOf, diffProfiles, isSameProfile } from './profile-diff.ts';

const texts = fc.constantFrom(
  'a: 1\n',
  '# why\na: 2 # two\nb: [x, y]\n',
  'b: [y]\n# why\na: {{ .var.n }}\n',
  'a:   1 # odd white space\n',
  'a: &x 1\nb: *x\n',
  'a: [\n',
  '',
);
const layer = fc
  .record(
    {
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom('chart', 'manifests'),
      version: fc.constantFrom('1.0.0', '1.1.0'),
      values: fc.constantFrom({}, { a: 1 }, { a: { b: [1] } }),
      valuesYaml: texts,
      manifests: fc.array(texts, { minLength: 1, maxLength: 3 }),
      dependsOn: fc.constantFrom([], ['kubernetes']),
      presets: fc.constantFrom([], ['large']),
    },
    { requiredKeys: ['name', 'kind', 'version', 'manifests'] },
  )
  .map(({ kind, version, manifests, ...rest }) => ({
    ...rest,
    type: 'addon' as const,
    ...(kind === 'chart' ? { chart: { registry: 'r', name: 'web', version } } : { manifests }),
  }));
const variable = fc.record(
  {
    name: fc.constantFrom('n', 'm', 'o'),
    min: fc.integer({ min: 0, max: 2 }),
    default: fc.integer({ min: 2, max: 4 }),
    description: fc.constantFrom('', 'x'),
  },
  { requiredKeys: ['name'] },
);
const unique = <T extends { name: string }>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { selector: ({ name }) => name, maxLength: 4 });
const anyVersion: fc.Arbitrary<ProfileVersion> = fc
  .tuple(unique(layer), unique(variable), fc.constantFrom('1.0.0', '2.0.0'), fc.boolean())
  .map(([layers, variables, version, kubernetesLast]) =>
    profileVersion(
      (kubernetesLast ? [...layers, KUBERNETES] : [KUBERNETES, ...layers]) as never,
      {
        version,
        variables: variables.map((one) => ({ ...one, type: 'number' })),
      } as never,
    ),
  );

describe('the difference of two versions', () => {
  test('is none for the same one', () => {
    fc.assert(fc.property(anyVersion, (a) => isSameProfile(diffProfiles(a, structuredClone(a)))));
  });

  test('makes the one of the other: layers and variables in their order, texts to the letter', () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, (a, b) => {
        const sent = JSON.parse(JSON.stringify(diffProfiles(a, b))) as ReturnType<typeof diffProfiles>;
        const made = applyProfileDiff(a, sent);
        expect(made).toEqual(b);
        expect(contentHash(made)).toBe(contentHash(b));
      }),
      { numRuns: 500 },
    );
  });

  test('is none only for versions that are the same but for nothing', () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, (a, b) => {
        if (isSameProfile(diffProfiles(a, b))) expect(contentHash(a)).toBe(contentHash(b));
      }),
    );
  });

  test('says which layers came, went, moved and changed, and what in them', () => {
    const chart = (name: string, version: string, more: object = {}) => ({
      name,
      type: 'addon' as const,
      chart: { registry: 'r', name, version },
      ...more,
    });
    const a = profileVersion([
      KUBERNETES,
      chart('one', '1.0.0', { valuesYaml: '# size\nreplicas: 3\n' }),
      chart('two', '1.0.0'),
      chart('old', '1.0.0'),
      chart('three', '1.0.0', { presets: ['small'] }),
    ]);
    const b = profileVersion(
      [
        KUBERNETES,
        chart('three', '1.0.0', { presets: ['large'] }),
        chart('one', '1.1.0', { valuesYaml: '# size\nreplicas: 5 # since May\n' }),
        chart('new', '1.0.0'),
        chart('two', '1.0.0'),
      ],
      { version: '1.1.0', variables: [{ name: 'n', type: 'number', default: 1 }] } as never,
    );
    const { layers, variables, fields } = diffProfiles(a, b);
    expect(fields).toEqual([{ field: 'version', from: '1.0.0', to: '1.1.0' }]);
    expect(layers.removed.map(({ name }) => name)).toEqual(['old']);
    expect(layers.added.map(({ index, item }) => [index, item.name])).toEqual([[3, 'new']]);
    expect(layers.moved).toEqual(['three']);
    const [one, three] = layers.changed;
    expect(one?.fields.flatMap(detailsOf)).toEqual([{ path: 'chart.version', from: '1.0.0', to: '1.1.0' }]);
    expect(one?.valuesYaml?.edits?.map(({ edit, path }) => [edit, path])).toEqual([
      ['remark', 'replicas'],
      ['change', 'replicas'],
    ]);
    expect(three?.fields.flatMap(detailsOf)).toEqual([{ path: 'presets[0]', from: 'small', to: 'large' }]);
    expect(variables.added.map(({ item }) => item.name)).toEqual(['n']);
  });
});
