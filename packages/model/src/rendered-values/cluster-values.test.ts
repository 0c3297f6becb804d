import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueStages } from '../cluster-profile/layer-values.ts';
import type { ResolveInput } from '../cluster-profile/resolve-input.ts';
import { packKey } from '../cluster-profile/resolve-input.ts';
import { resolveProfile } from '../cluster-profile/resolve.ts';
import { stackLayers } from '../cluster-profile/stack.ts';
import { alone, configMap, KUBERNETES, profileVersion } from '../cluster-profile/test-profiles.ts';
import { isRecord } from '../meta/diff.ts';
import { splitPath, valueAt } from '../meta/value-path.ts';
import { type PackInfo, packInfoSchema } from '../pack/pack-info.ts';
import { clusterValues, type ClusterValues, type ClusterValuesInput } from './cluster-values.ts';
import { valueOrigins } from './value-origins.ts';

const CHART = { registry: 'r', registryScope: 'tenant', name: 'web', version: '1.0.0' } as const;
const pack = packInfoSchema.parse({
  name: 'web',
  version: '1.0.0',
  digest: 'sha256:00',
  kind: 'chart',
  description: '',
  metadata: {
    defaults: { values: { host: 'www.{{ .cluster.name }}', size: 1 } },
    presets: [
      { name: 'large', group: 'size', values: { size: 5, limits: { cpu: '2' } } },
      { name: 'open', group: 'security', remove: ['tls.secret'], values: { tls: { enabled: false } } },
    ],
  },
  values: { size: 0, host: '', tls: { enabled: true, secret: 'web-tls' }, image: { tag: 'v1', pullPassword: 'of-the-chart' } },
  valuesYaml: '',
  manifests: [],
  subcharts: [],
});
const packs: ReadonlyMap<string, PackInfo> = new Map([[packKey(CHART), pack]]);

const version = profileVersion(
  [
    KUBERNETES,
    {
      name: 'web',
      type: 'addon',
      namespace: 'web',
      chart: CHART,
      presets: ['large', 'open'],
      valuesYaml: 'domain: "{{ .var.host }}.{{ .macro.domain }}" # ours\nlimits: { memory: 1Gi }\n',
      values: { login: { user: 'admin', url: 'https://admin:{{ .var.password }}@{{ .var.host }}', hash: '{{ .var.password | sha256 }}' } },
    },
    { name: 'extra', type: 'addon', manifests: [configMap('c', '"{{ .macro.token }}"'), configMap('d', '"{{ .layer.web.values.size }}"')] },
  ],
  {
    variables: [
      { name: 'host', type: 'string', default: 'shop' },
      { name: 'color', type: 'string' },
      { name: 'password', type: 'secret', required: true },
      { name: 'apiToken', type: 'string', default: 'looks-secret' },
    ],
  } as never,
);

const input: ResolveInput = {
  profiles: alone(version, 'shop'),
  variables: { color: 'red' },
  macros: { domain: { value: 'example.org', secret: false, scope: 'project' }, token: { value: undefined, secret: true, scope: 'tenant' } },
  facts: { name: 'eu-1' },
  packs,
  overrides: { web: { size: 7, limits: { cpu: '3' } } },
};
const spec = { variables: { color: 'red' }, secretVariables: { password: '***' }, secretVariablesFrom: {} };
const shown = (more: Partial<ClusterValuesInput> = {}, of: ResolveInput = input): ClusterValues =>
  clusterValues({ cluster: 'eu-1', spec, input: of, resolved: resolveProfile(of), packProblems: new Map(), ...more });
const layer = (values: ClusterValues, name: string) => values.layers.find((one) => one.name === name);

describe('what the layers of a cluster are told', () => {
  test('every value is filled in, and says who had the last word about it', () => {
    const web = layer(shown(), 'web');
    expect(web).toMatchObject({ profile: 'shop@1.0.0', namespace: 'web', content: 'chart web 1.0.0' });
    expect(web?.values).toEqual({
      host: 'www.eu-1',
      size: 7,
      limits: { cpu: '3', memory: '1Gi' },
      tls: { secret: null, enabled: false },
      domain: 'shop.example.org',
      login: { user: 'admin', url: 'https://admin:***@shop', hash: '***' },
    });
    expect(Object.fromEntries((web?.origins ?? []).map(({ path, ...from }) => [path, from]))).toEqual({
      host: { from: 'pack', uses: ['.cluster.name'] },
      size: { from: 'cluster' },
      'limits.cpu': { from: 'cluster' },
      'limits.memory': { from: 'profile' },
      'tls.enabled': { from: 'preset', preset: 'open' },
      'tls.secret': { from: 'preset', preset: 'open' },
      domain: { from: 'profile', uses: ['.var.host', '.macro.domain'] },
      'login.user': { from: 'profile' },
      'login.url': { from: 'profile', uses: ['.var.password', '.var.host'] },
      'login.hash': { from: 'profile', uses: ['.var.password'] },
    });
  });

  test('variables and macros say where they are from; what is secret or is called so is masked', () => {
    const { variables, macros } = shown();
    expect(variables).toEqual([
      { name: 'host', value: 'shop', from: 'default', profile: 'shop@1.0.0' },
      { name: 'color', value: 'red', from: 'cluster', profile: 'shop@1.0.0' },
      { name: 'password', value: '***', from: 'secret', profile: 'shop@1.0.0' },
      { name: 'apiToken', value: '***', from: 'default', profile: 'shop@1.0.0' },
    ]);
    expect(macros).toEqual([
      { name: 'domain', value: 'example.org', scope: 'project' },
      { name: 'token', value: '***', scope: 'tenant' },
    ]);
  });

  test('objects of manifests are shown too', () => {
    const objects = layer(shown(), 'extra')?.objects as { data: { value: unknown } }[];
    expect(objects.map(({ data }) => data.value)).toEqual(['***', '7']);
  });

  test('the defaults of the chart, when they are asked for: what a preset took away is not among them', () => {
    const web = layer(shown({ defaults: true }), 'web');
    expect(web?.values).toMatchObject({ size: 7, image: { tag: 'v1', pullPassword: '***' }, tls: { enabled: false } });
    expect(web?.values).not.toHaveProperty('tls.secret');
    expect(web?.origins).toContainEqual({ path: 'image.tag', from: 'chart' });
    expect(web?.origins).toContainEqual({ path: 'size', from: 'cluster' });
  });

  test('one layer', () => {
    expect(shown({ layer: 'web' }).layers.map(({ name }) => name)).toEqual(['web']);
  });

  test('a pack that cannot be read is said', () => {
    const { packs: _packs, ...without } = input;
    const web = layer(shown({ packProblems: new Map([[packKey(CHART), 'the registry is away']]) }, without), 'web');
    expect(web?.incomplete).toMatch(/the registry is away/);
    expect(web?.values).not.toHaveProperty('host');
  });

  test('even when secrets are open, none of them shows', () => {
    const open: ResolveInput = {
      ...input,
      secrets: { password: 'CANARY-1' },
      macros: { ...input.macros, token: { value: 'CANARY-2', secret: true } },
    };
    expect(resolveProfile(open).layers.some((one) => JSON.stringify(one).includes('CANARY-1'))).toBe(true);
    expect(JSON.stringify(shown({ defaults: true }, open))).not.toMatch(/CANARY/);
  });
});

describe('origins', () => {
  const keys = fc.constantFrom('a', 'b', 'c', '__proto__', 'x.y');
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.integer({ min: 0, max: 2 }),
      fc.constant(null),
      fc.array(fc.integer({ max: 1 }), { maxLength: 2 }),
      tie('map'),
    ),
    map: fc
      .uniqueArray(fc.tuple(keys, tie('node')), { selector: ([key]) => key, maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  })).map as unknown as fc.Arbitrary<Record<string, unknown>>;

  test('every value has exactly one, and it is that of a stage that speaks of it', () => {
    fc.assert(
      fc.property(tree, tree, tree, (yours, presets, override) => {
        const own = profileVersion([KUBERNETES, { name: 'web', type: 'addon', chart: CHART, presets: ['p'], values: yours }]);
        const info = {
          ...pack,
          metadata: {
            ...pack.metadata,
            presets: [{ name: 'p', displayName: '', description: '', group: 'g', values: presets, remove: [] }],
          },
        } as PackInfo;
        const [, entry] = stackLayers(alone(own), []);
        if (entry === undefined) throw new Error('there is such a layer');
        const stages = valueStages(entry, info, override, []);
        const raw = stages.at(-1)?.values ?? {};
        const origins = valueOrigins(raw, stages);
        expect(origins.map(({ path }) => path).length).toBe(countLeaves(raw));
        expect(new Set(origins.map(({ path }) => path)).size).toBe(origins.length);
        for (const { path, from } of origins) {
          const steps = splitPath(path) ?? [];
          const said = stages.filter((stage) => stage.from === from).map(({ values }) => valueAt(values, steps));
          expect(said, `${path} by ${from}`).toContainEqual(valueAt(raw, steps));
        }
      }),
    );
  });

  const countLeaves = (value: unknown, top = true): number => {
    if (!isRecord(value)) return 1;
    const items = Object.values(value);
    return items.length === 0 ? (top ? 0 : 1) : items.reduce<number>((sum, item) => sum + countLeaves(item, false), 0);
  };
});
