import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_METADATA } from '../pack/metadata.ts';
import { type PackInfo, packInfoSchema } from '../pack/pack-info.ts';
import { packKey, type ResolveInput } from './resolve-input.ts';
import { checkProfileVersion } from './resolve-stack.ts';
import { resolve, resolveProfile } from './resolve.ts';
import { alone, configMap, KUBERNETES, profileVersion } from './test-profiles.ts';

type Layers = Parameters<typeof profileVersion>[0];
const chart = (name: string, more: object = {}) => ({
  name,
  type: 'addon' as const,
  chart: { registry: 'r', name, version: '1.0.0' },
  ...more,
});
const addon = (name: string, layers: Layers, variables: unknown[] = []) => ({
  ref: { scope: 'system' as const, name, version: '1.0.0' },
  version: profileVersion(layers, { variables: variables as never }),
});
const base = (layers: Layers = [], variables: unknown[] = []) =>
  alone(profileVersion([KUBERNETES, ...layers], { variables: variables as never }), 'base');
const causesOf = (input: Partial<ResolveInput> & Pick<ResolveInput, 'profiles'>): string[] => {
  const result = resolve({ variables: {}, ...input });
  return result.ok ? [] : result.causes.map(({ field, message }) => `${field}: ${message}`);
};
const valuesOf = (input: Partial<ResolveInput> & Pick<ResolveInput, 'profiles'>, layer: string) => {
  const content = resolveProfile({ variables: {}, ...input }).layers.find(({ name }) => name === layer)?.content;
  return content && 'values' in content ? content.values : undefined;
};

describe('a stack of profiles', () => {
  it('is one set of layers in install order, whose they are told', () => {
    const profile = resolveProfile({
      profiles: [...base([chart('a')]), addon('extra', [chart('b', { dependsOn: ['a'] })])],
      variables: {},
    });
    expect(profile.layers.map(({ name, profile: of }) => `${of?.scope}/${of?.name}:${name}`)).toEqual([
      'tenant/base:kubernetes',
      'tenant/base:a',
      'system/extra:b',
    ]);
    expect(profile.addons).toEqual([{ scope: 'system', name: 'extra', version: '1.0.0' }]);
  });

  it('has every layer once, and every variable with one meaning', () => {
    expect(causesOf({ profiles: [...base([chart('a')]), addon('extra', [chart('a')])] })).toEqual([
      'profile system/extra@1.0.0.layers[0].name: "a" is a layer of base@1.0.0 too; rename it in one of the two',
    ]);
    const n = (more: object) => [{ name: 'n', type: 'number', ...more }];
    expect(causesOf({ profiles: [...base([], n({ default: 1 })), addon('extra', [chart('b')], n({ default: 2 }))] })[0]).toContain(
      'base@1.0.0 and system/extra@1.0.0 declare the variable "n" differently',
    );
    const same = [
      ...base([], n({ default: 1 })),
      addon('extra', [chart('b', { values: { n: '{{ .var.n }}' } })], n({ default: 1, description: 'x' })),
    ];
    expect(valuesOf({ profiles: same, variables: { n: 7 } }, 'b')).toEqual({ n: 7 });
  });

  it('lets a layer see only the variables of its own profile', () => {
    const profiles = [
      ...base([], [{ name: 'secretish', default: 'x' }]),
      addon('extra', [chart('b', { values: { v: '{{ .var.secretish }}' } })]),
    ];
    expect(causesOf({ profiles })[0]).toContain('uses the variable "secretish", which the profile does not declare');
  });

  it('needs one Kubernetes in all', () => {
    expect(causesOf({ profiles: [...base(), addon('extra', [{ ...KUBERNETES, name: 'second' }])] })[0]).toContain(
      'found: kubernetes, second',
    );
  });
});

describe('variables that refer to variables', () => {
  const variables = [
    { name: 'name', default: '{{ .cluster.name }}' },
    { name: 'host', default: '{{ .var.name }}.{{ .macro.domain }}' },
    { name: 'port', type: 'number', default: '{{ .macro.port | int }}', max: 99 },
  ];
  const profiles = base([chart('a', { values: { host: '{{ .var.host }}', port: '{{ .var.port }}' } })], variables);
  const macros = { domain: { value: 'example.org', secret: false }, port: { value: '80', secret: false } };

  it('are filled in first, then checked', () => {
    expect(valuesOf({ profiles, macros, facts: { name: 'dev' } }, 'a')).toEqual({ host: 'dev.example.org', port: 80 });
    expect(causesOf({ profiles, macros: { ...macros, port: { value: '800', secret: false } } })).toEqual([
      'profile base@1.0.0.variables[2].default: must be a number of at most 99, not 800',
    ]);
    expect(causesOf({ profiles, macros, variables: { host: 'x-{{ .var.nope }}' } })[0]).toMatch(
      /^spec\.variables\.host: uses the variable "nope"/,
    );
  });

  it('in a circle are refused by name', () => {
    const circle = base(
      [],
      [
        { name: 'a', default: '{{ .var.b }}' },
        { name: 'b', default: 'x{{ .var.c }}' },
        { name: 'c', default: '{{ .var.a }}' },
      ],
    );
    expect(causesOf({ profiles: circle })[0]).toContain('in a circle: a → b → c → a');
  });

  it('cannot grow beyond their limits by referring to each other', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      name: `v${index}`,
      type: 'multiline',
      default: index === 0 ? 'x'.repeat(1000) : `{{ .var.v${index - 1} }}`.repeat(20),
    }));
    const start = performance.now();
    expect(causesOf({ profiles: base([], many) }).join('\n')).toMatch(/must have at most 65536 characters/);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('layers that refer to layers', () => {
  it('see the values as they will be', () => {
    const profiles = base([
      chart('db', { values: { auth: { user: 'app', db: '{{ .cluster.name }}' }, port: 5432 } }),
      chart('web', {
        values: {
          url: 'db://{{ .layer.db.values.auth.user }}@{{ .layer.db.namespace }}:{{ .layer.db.values.port }}',
          auth: '{{ .layer.db.values.auth }}',
        },
      }),
    ]);
    expect(valuesOf({ profiles, facts: { name: 'dev' } }, 'web')).toEqual({
      url: 'db://app@default:5432',
      auth: { user: 'app', db: 'dev' },
    });
  });

  it.each([
    [{ x: '{{ .layer.nope.values.x }}' }, 'refers to the layer "nope", which there is not; there are: kubernetes, a, b'],
    [{ x: '{{ .layer.kubernetes.values.y }}' }, 'where that layer has no value'],
    [{ x: '{{ .layer.b.release }}' }, 'of a layer there are values, namespace and version'],
    [{ x: '{{ .layer.b.values.y }}' }, 'goes in a circle: .layer.b.values.y → .layer.a.values.x → .layer.b.values.y'],
  ])('%j is refused', (values, message) => {
    const profiles = base([chart('a', { values }), chart('b', { values: { y: '{{ .layer.a.values.x }}' } })]);
    expect(causesOf({ profiles }).join('\n')).toContain(message);
  });

  it('cannot make a bomb of one another', () => {
    const layers = Array.from({ length: 45 }, (_, index) =>
      chart(`l${index}`, {
        values: index === 44 ? { x: 'bomb' } : { x: [`{{ .layer.l${index + 1}.values.x }}`, `{{ .layer.l${index + 1}.values.x }}`] },
      }),
    );
    const start = performance.now();
    expect(causesOf({ profiles: base(layers) }).join('\n')).toContain('references fill in more than 8388608 characters');
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('secrets', () => {
  const variables = [{ name: 'pw', type: 'secret', required: true, minLength: 6 }];
  const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m }\ndata: { pw: "{{ .var.pw | b64enc }}", open: yes-it-is }\n`;
  const profiles = base(
    [
      chart('a', { values: { auth: { pw: '{{ .var.pw }}', url: 'u:{{ .var.pw }}@h' } } }),
      { name: 'm', type: 'addon', manifests: [manifest] },
    ],
    variables,
  );

  it('are filled in where they are opened, and their places told', () => {
    const profile = resolveProfile({ profiles, variables: {}, secrets: { pw: 'hunter22' } });
    expect(profile.layers.find(({ name }) => name === 'a')).toMatchObject({
      content: { values: { auth: { pw: 'hunter22', url: 'u:hunter22@h' } } },
      secrets: [
        { at: ['auth', 'pw'], shown: '***' },
        { at: ['auth', 'url'], shown: 'u:***@h' },
      ],
    });
    expect(profile.layers.find(({ name }) => name === 'm')?.secrets).toEqual([{ at: [0, 'data', 'pw'], shown: '***' }]);
    expect(profile.secretValues.toSorted()).toEqual(['aHVudGVyMjI=', 'hunter22']);
    expect(JSON.stringify(profile.variables)).not.toContain('hunter22');
  });

  it('are masks where they are not opened, and nothing is wrong because of it', () => {
    const profile = resolveProfile({ profiles, variables: {} });
    expect(profile.layers.find(({ name }) => name === 'a')?.content).toMatchObject({ values: { auth: { pw: '***', url: 'u:***@h' } } });
  });

  it('are checked where they are opened, and never told', () => {
    expect(causesOf({ profiles, secrets: { pw: 'short' } })).toEqual(['spec.secretVariables.pw: must have at least 6 characters, not 5']);
    expect(causesOf({ profiles, secrets: {} })[0]).toContain('is required');
    expect(causesOf({ profiles, variables: { pw: 'hunter22' } })).toEqual([
      'spec.variables.pw: is a secret: give it in spec.secretVariables.pw, where nobody can read it',
    ]);
  });

  it('may come from macros', () => {
    const withMacro = base([chart('a', { values: { t: '{{ .macro.token }}' } })]);
    expect(resolveProfile({ profiles: withMacro, variables: {}, macros: { token: { value: 'abcdef', secret: true } } })).toMatchObject({
      secretValues: ['abcdef'],
      layers: [{}, { secrets: [{ at: ['t'], shown: '***' }] }],
    });
    expect(valuesOf({ profiles: withMacro, macros: { token: { value: undefined, secret: true } } }, 'a')).toEqual({ t: '***' });
    expect(causesOf({ profiles: withMacro })[0]).toContain(
      'uses the macro "token", which is neither in the project nor in the tenant nor in this installation',
    );
  });
});

describe('values', () => {
  const pack = (more: Partial<PackInfo> = {}): PackInfo =>
    packInfoSchema.parse({
      name: 'a',
      version: '1.0.0',
      digest: 'sha256:x',
      kind: 'chart',
      description: '',
      values: { replicas: 1, tls: { on: false, port: 443 } },
      valuesYaml: '',
      manifests: [],
      subcharts: [],
      metadata: {
        ...NO_METADATA,
        defaults: { values: { from: 'pack' } },
        presets: [
          { name: 'ha', group: 'size', values: { replicas: 3 } },
          { name: 'tiny', group: 'size', values: { replicas: 1 } },
          { name: 'tls', group: 'net', values: { tls: { on: true } } },
        ],
      },
      ...more,
    });
  const packs = (info: PackInfo) => new Map([[packKey({ registry: 'r', registryScope: 'tenant', name: 'a', version: '1.0.0' }), info]]);

  it('are laid over each other: pack, presets, YAML, values, what the cluster wants', () => {
    const layer = chart('a', {
      presets: ['ha', 'tls'],
      valuesYaml: '# why\nreplicas: {{ .var.n }}\ntls:\n  port: 8443\n',
      values: { tls: { host: 'x' } },
    });
    const profiles = base([layer], [{ name: 'n', type: 'number', default: 5 }]);
    expect(valuesOf({ profiles, packs: packs(pack()), overrides: { a: { tls: { host: 'mine' } } } }, 'a')).toEqual({
      from: 'pack',
      replicas: 5,
      tls: { on: true, port: 8443, host: 'mine' },
    });
  });

  it('of the pack are what other layers see', () => {
    const profiles = base([chart('a'), chart('b', { values: { port: '{{ .layer.a.values.tls.port }}' } })]);
    expect(valuesOf({ profiles, packs: packs(pack()) }, 'b')).toEqual({ port: 443 });
    expect(valuesOf({ profiles }, 'b'), 'not known yet').toEqual({ port: 'sample' });
  });

  it.each([
    [{ presets: ['nope'] }, 'presets[0]: the pack has no preset "nope"; it has: ha, tiny, tls'],
    [{ presets: ['ha', 'tiny'] }, '"tiny" and "ha" are both of the group "size"'],
    [{ valuesYaml: 'a: [' }, 'valuesYaml: is not valid YAML'],
    [{ valuesYaml: '- a' }, 'valuesYaml: must be a mapping'],
    [{ valuesYaml: 'a: {{ .var.nope }}' }, 'values.a: uses the variable "nope"'],
  ])('%j is refused', (more, message) => {
    expect(causesOf({ profiles: base([chart('a', more)]), packs: packs(pack()) }).join('\n')).toContain(message);
  });

  it('of a pack cannot fetch secrets by guessing names', () => {
    const greedy = pack({ metadata: { ...NO_METADATA, defaults: { values: { x: '{{ .macro.db-password }}' } } } });
    expect(
      causesOf({ profiles: base([chart('a')]), packs: packs(greedy), macros: { 'db-password': { value: 'p', secret: true } } })[0],
    ).toContain('a pack may not use macros and secrets');
  });

  it('for layers that there are not change nothing: they wait until the layer comes back', () => {
    const profiles = base([chart('a')]);
    expect(resolve({ profiles, variables: {}, overrides: { b: { lost: true } } })).toEqual(resolve({ profiles, variables: {} }));
  });

  it('a pack of manifests is a layer of manifests', () => {
    const info = pack({ kind: 'manifests', manifests: [{ name: 'a.yaml', content: configMap('from-pack', '{{ .cluster.name }}') }] });
    const profile = resolveProfile({ profiles: base([chart('a')]), variables: {}, packs: packs(info), facts: { name: 'dev' } });
    expect(profile.layers[1]?.content).toMatchObject({
      type: 'manifests',
      objects: [{ metadata: { name: 'from-pack' }, data: { value: 'dev' } }],
    });
  });
});

describe('a profile that no cluster uses yet', () => {
  it('is checked as far as it can be', () => {
    const version = profileVersion(
      [
        { ...KUBERNETES, builtin: { name: 'kubernetes', version: '{{ .var.k8s }}' } },
        chart('a', { values: { ip: '{{ .var.net | cidrHost 5 }}', m: '{{ .macro.any | int }}', n: '{{ .cluster.name }}' } }),
      ],
      {
        variables: [
          { name: 'k8s', type: 'version', required: true },
          { name: 'net', required: true },
        ],
      },
    );
    expect(checkProfileVersion(version, 'v')).toEqual([]);
    expect(
      checkProfileVersion(profileVersion([KUBERNETES, chart('a', { values: { x: '{{ .cluster.nope }}' } })]), 'v')[0]?.message,
    ).toContain('uses the fact "nope"');
  });

  it('holds what its type says', () => {
    const types = (type: 'addon' | 'infrastructure', layers: Layers) =>
      checkProfileVersion(profileVersion(layers), 'v', type).map(({ field, message }) => `${field}: ${message}`);
    expect(
      types('addon', [chart('a', { dependsOn: ['of-the-infrastructure'], values: { x: '{{ .layer.storage.values.class }}' } })]),
    ).toEqual([]);
    expect(types('addon', [KUBERNETES, chart('a')])).toEqual([
      'v.layers[0].type: an add-on profile holds layers of type addon only, not kubernetes',
    ]);
    expect(types('infrastructure', [KUBERNETES, chart('a')])).toEqual([
      'v.layers[1].type: an infrastructure profile holds no add-ons, not addon',
    ]);
  });
});

it('resolves to the same, whenever and from whatever copy', () => {
  const value = fc.oneof(
    fc.constantFrom('{{ .var.a }}', '{{ .cluster.name }}', 'x {{ .var.b | add 1 }}', '{{ .layer.l0.values.k | default 1 }}'),
    fc.string({ maxLength: 8 }),
    fc.nat(9),
  );
  const layers = fc.array(fc.dictionary(fc.constantFrom('k', 'l', 'm'), fc.oneof(value, fc.array(value, { maxLength: 3 }))), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(layers, fc.nat(9), (values, b) => {
      const make = () => ({
        profiles: base(
          values.map((one, index) => chart(`l${index}`, { values: one })),
          [
            { name: 'a', default: 'A' },
            { name: 'b', type: 'number', default: 1 },
          ],
        ),
        variables: { b },
        facts: { name: 'dev' },
      });
      expect(resolve(structuredClone(make()))).toEqual(resolve(make()));
    }),
  );
});
