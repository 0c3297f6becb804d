import { SlipwayError } from '@slipway/kit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAYER_TYPES } from './layer.ts';
import { resolve, resolveProfile } from './resolve.ts';
import { checkProfileVersion } from './resolve-stack.ts';
import type { ResolvedProfile } from './resolved.ts';
import { alone, configMap, KUBERNETES, profileVersion } from './test-profiles.ts';
import type { VariableValue } from './variable.ts';

type Layers = Parameters<typeof profileVersion>[0];

const resolved = (layers: Layers, variables: unknown[] = [], values: Record<string, VariableValue> = {}): ResolvedProfile =>
  resolveProfile({ profiles: alone(profileVersion(layers, { variables: variables as never })), variables: values });

function causesOf(layers: Layers, variables: unknown[] = [], values: Record<string, VariableValue> = {}): string[] {
  const result = resolve({ profiles: alone(profileVersion(layers, { variables: variables as never }), 'p', 'v'), variables: values });
  return result.ok ? [] : result.causes.map((cause) => `${cause.field}: ${cause.message}`);
}

const chart = (name: string, more: object = {}) => ({
  name,
  type: 'addon' as const,
  chart: { registry: 'r', name, version: '1.0.0' },
  ...more,
});
const manifests = (name: string, texts: string[], more: object = {}) => ({ name, type: 'addon' as const, manifests: texts, ...more });
const objectsOf = (profile: ResolvedProfile, name: string) => {
  const content = profile.layers.find((layer) => layer.name === name)?.content;
  return content?.type === 'manifests' ? content.objects : [];
};

describe('variables', () => {
  const declared = [
    { name: 'replicas', type: 'number', min: 1, max: 5, default: 2 },
    { name: 'host', pattern: '^[a-z.]+$', required: true },
    { name: 'tier', type: 'enum', options: ['small', 'large'], default: 'small' },
    { name: 'on', type: 'boolean', default: true },
  ];
  const layers: Layers = [
    KUBERNETES,
    chart('a', { values: { n: '{{ .var.replicas }}', h: 'https://{{.var.host}}/x', t: '{{- .var.tier -}}', on: '{{ .var.on }}' } }),
  ];

  it('fill in values, keeping the type where a text is exactly one reference', () => {
    const content = resolved(layers, declared, { host: 'a.b' }).layers[1]?.content;
    expect(content).toMatchObject({ values: { n: 2, h: 'https://a.b/x', t: 'small', on: true } });
  });

  it.each([
    [{ host: 'a', replicas: 9 }, 'spec.variables.replicas: must be a number from 1 to 5, not 9'],
    [{ host: 'a', replicas: '3' }, 'spec.variables.replicas: must be a number from 1 to 5, not the given text'],
    [{ host: 'a', replicas: Number.NaN }, 'spec.variables.replicas: must be a number from 1 to 5, not NaN'],
    [{ host: 'A!' }, 'spec.variables.host: must be a text that matches ^[a-z.]+$'],
    [{ host: 'a'.repeat(257) }, 'spec.variables.host: must have at most 256 characters, not 257'],
    [{}, 'spec.variables.host: is required: a text that matches ^[a-z.]+$'],
    [{ host: '' }, 'spec.variables.host: is required and must not be empty'],
    [{ host: 'a', tier: 'huge' }, 'spec.variables.tier: must be one of: small, large; not the given text'],
    [{ host: 'a', on: 'yes' }, 'spec.variables.on: must be true or false, not the given text'],
    [{ host: 'a', typo: 1 }, 'spec.variables.typo: the profile has no variable "typo"; it has: replicas, host, tier, on'],
  ] as [Record<string, VariableValue>, string][])('refuses %j', (values, expected) => {
    expect(causesOf(layers, declared, values)).toContain(expected);
  });

  it('never repeats a given text in an error: it may be a secret', () => {
    const [cause] = causesOf([KUBERNETES], [{ name: 'password', pattern: '^[a-z]{20}$' }], { password: 'hunter2' });
    expect(cause).toBeDefined();
    expect(cause).not.toContain('hunter2');
  });

  it('are not inherited from Object', () => {
    expect(causesOf([KUBERNETES, chart('a', { values: { x: '{{ .var.constructor }}' } })])[0]).toContain('uses the variable "constructor"');
    expect(causesOf([KUBERNETES], [], { toString: 'x' } as never)[0]).toContain('the profile has no variable "toString"');
  });

  it('an undeclared reference is an error with its place', () => {
    expect(causesOf([KUBERNETES, chart('a', { values: { deep: [{ x: 'a {{ .var.nope }}' }] } })], declared, { host: 'a' })).toEqual([
      'v.layers[1].values.deep[0].x: uses the variable "nope", which the profile does not declare; it declares: replicas, host, tier, on',
    ]);
    expect(causesOf([KUBERNETES, chart('a', { values: { x: '{{ .var.a-b }}' } })])[0]).toContain('malformed reference');
  });

  it("leaves a chart's own templates alone", () => {
    const values = { x: '{{ include "a" . }}', y: '{{ .Values.var.x }} {{ $labels.pod }}' };
    expect(resolved([KUBERNETES, chart('a', { values })]).layers[1]?.content).toMatchObject({ values });
  });

  it('refuses declarations that contradict themselves', () => {
    const problems = checkProfileVersion(
      profileVersion([KUBERNETES], {
        variables: [
          { name: 'a', type: 'number', min: 5, max: 1 },
          { name: 'b', type: 'enum' },
          { name: 'c', pattern: 'open' },
          { name: 'd', type: 'number', max: 3, default: 4 },
          { name: 'a', default: 'x' },
          { name: 'e', options: ['x'] },
        ],
      }),
      'spec.versions[0]',
    );
    expect(problems.map((cause) => cause.field)).toEqual([
      'spec.versions[0].variables[0].min',
      'spec.versions[0].variables[1].options',
      'spec.versions[0].variables[2].pattern',
      'spec.versions[0].variables[3].default',
      'spec.versions[0].variables[4].name',
      'spec.versions[0].variables[5].options',
    ]);
  });

  it.each([
    '^(a+)+$',
    '^(a|aa)+$',
    '^(.*x){1,30}$',
    '^([a-z]+)*$',
    '^(a)\\1$',
    '^(?=a).*$',
    '^((a|b)?c*)+$',
    '^.*.*.*.*.*$',
    '^(?<n>a)$',
    '^[$',
    '^(a?b?){2,}$',
    `^${'a?'.repeat(40)}$`,
  ])('refuses the pattern %s, which could stall the hub or is broken', (pattern) => {
    const problems = checkProfileVersion(profileVersion([KUBERNETES], { variables: [{ name: 'a', pattern }] }), 'v');
    expect(problems.map((cause) => cause.field)).toEqual(['v.variables[0].pattern']);
  });

  it.each([
    '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    '^(small|large)$',
    '^\\d{1,3}(\\.\\d{1,3}){3}$|^x$',
    '^[(+*]{2}$',
    '^https?://[a-z.]+(:\\d+)?$',
    '^(?:a|b)c+$',
  ])('accepts the pattern %s', (pattern) => {
    const problems = checkProfileVersion(profileVersion([KUBERNETES], { variables: [{ name: 'a', pattern }] }), 'v');
    const expected = pattern.includes('{1,3}){3}') ? ['v.variables[0].pattern'] : [];
    expect(problems.map((cause) => cause.field)).toEqual(expected);
  });

  it('no accepted pattern takes long on any value of the allowed length', { timeout: 60_000 }, () => {
    const piece = fc.constantFrom('a', 'b', '[ab]', '.', '(', ')', '(?:', '|', '*', '+', '?', '{1,3}', '{2,}', '\\w');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.constantFrom('a', 'ab', 'b'), (pieces, unit) => {
        const version = profileVersion([KUBERNETES], { variables: [{ name: 'a', pattern: `^${pieces.join('')}$` }] });
        if (checkProfileVersion(version, 'v').length > 0) return;
        const start = performance.now();
        resolve({ profiles: alone(version), variables: { a: `${unit.repeat(127)}!` } });
        expect(performance.now() - start).toBeLessThan(3000);
      }),
      { numRuns: 300 },
    );
  });
});

describe('order', () => {
  it('is os, kubernetes, cni, csi, addon; within that dependencies, then priority, then name', () => {
    const profile = resolved([
      chart('zebra', { priority: -1 }),
      chart('beta'),
      chart('alpha', { dependsOn: ['beta'] }),
      { ...chart('store'), type: 'csi' },
      KUBERNETES,
      { name: 'net', type: 'cni', builtin: { name: 'x', version: '1' } },
      { name: 'os', type: 'os', builtin: { name: 'debian', version: '12' } },
    ]);
    expect(profile.layers.map((layer) => layer.name)).toEqual(['os', 'kubernetes', 'net', 'store', 'zebra', 'beta', 'alpha']);
    expect(profile.layers.at(-1)?.dependsOn.toSorted()).toEqual(['beta', 'kubernetes', 'net', 'os']);
    expect(profile.layers.find((layer) => layer.name === 'zebra')?.dependsOn, 'a failing csi holds back no add-on').not.toContain('store');
  });

  it('names a cycle', () => {
    const causes = causesOf([
      KUBERNETES,
      chart('a', { dependsOn: ['c'] }),
      chart('b', { dependsOn: ['a'] }),
      chart('c', { dependsOn: ['b'] }),
    ]);
    expect(causes[0]).toContain('a → c → b → a');
    expect(causesOf([KUBERNETES, chart('a', { dependsOn: ['a'] })])[0]).toContain('a → a');
  });

  it.each([
    [[KUBERNETES, chart('a', { dependsOn: ['b'] })], 'v.layers[1].dependsOn[0]: there is no layer "b"; there are: kubernetes'],
    [[KUBERNETES, chart('a'), chart('a')], 'v.layers[2].name: there is already a layer "a"'],
    [[chart('a')], 'v.layers: there must be exactly one layer of type kubernetes; found: none'],
    [
      [KUBERNETES, { ...KUBERNETES, name: 'other' }],
      'v.layers: there must be exactly one layer of type kubernetes; found: kubernetes, other',
    ],
    [
      [KUBERNETES, { ...chart('s', { dependsOn: ['a'] }), type: 'csi' as const }, chart('a')],
      'v.layers[1].dependsOn[0]: a layer of type csi goes before every addon layer',
    ],
    [
      [KUBERNETES, { name: 'a', type: 'addon' as const }],
      'v.layers[1]: layer "a" must have exactly one of builtin, chart and manifests; it has none of them',
    ],
    [[KUBERNETES, { ...chart('a'), manifests: [] }], 'it has chart and manifests'],
    [
      [KUBERNETES, { name: 'a', type: 'addon' as const, builtin: { name: 'x', version: '1' } }],
      'v.layers[1].builtin: a layer of type addon must be a chart or manifests',
    ],
    [[KUBERNETES, manifests('a', [], { values: { x: 1 } })], 'v.layers[1].values: values are for layers with a chart'],
    [
      [{ ...KUBERNETES, builtin: { name: 'kubernetes', version: 'latest' } }],
      'v.layers[0].builtin.version: must be a Kubernetes version such as 1.35.4, not "latest"',
    ],
    [[KUBERNETES, chart('a'.repeat(54))], "v.layers[1].name: a chart's layer name is its Helm release name and has at most 53 characters"],
  ] as [Layers, string][])('refuses %#', (layers, expected) => {
    expect(causesOf(layers).join('\n')).toContain(expected);
  });

  it('always puts what is needed first, for any acyclic profile, and does not depend on the order it is written in', () => {
    const graph = fc
      .array(
        fc.record({
          type: fc.constantFrom('cni' as const, 'csi' as const, 'addon' as const),
          priority: fc.integer({ min: -2, max: 2 }),
          on: fc.array(fc.nat(11), { maxLength: 3 }),
        }),
        { maxLength: 12 },
      )
      .map((items) =>
        items.map((item, index) => ({
          ...item,
          on: item.on.filter(
            (other) => other < index && LAYER_TYPES.indexOf((items[other] as { type: 'cni' }).type) <= LAYER_TYPES.indexOf(item.type),
          ),
        })),
      );
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat(1000)), (items, random) => {
        const layers: Layers = [
          KUBERNETES,
          ...items.map(({ type, priority, on }, index) => ({
            ...chart(`l${index}`),
            type,
            priority,
            dependsOn: on.map((other) => `l${other}`),
          })),
        ];
        const shuffled = layers
          .map((layer) => ({ layer, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ layer }) => layer);
        const profile = resolved(layers);
        const names = profile.layers.map((layer) => layer.name);
        for (const [index, layer] of profile.layers.entries())
          for (const on of layer.dependsOn) expect(names.indexOf(on)).toBeLessThan(index);
        const ranks = profile.layers.map((layer) => LAYER_TYPES.indexOf(layer.type));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        expect(resolved(shuffled).layers.map((layer) => layer.name)).toEqual(names);
      }),
    );
  });
});

describe('manifests', () => {
  it('keep the type of unquoted references, and text where it is quoted', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: {{ .var.n }}\ny: "{{ .var.n }}"\nz: p-{{ .var.n }}\n# {{ .var.n }}\nw: |\n  {{ .var.n }}!\n';
    const [object] = objectsOf(resolved([KUBERNETES, manifests('m', [text])], [{ name: 'n', type: 'number', default: 3 }]), 'm');
    expect(object).toMatchObject({ x: 3, y: '3', z: 'p-3', w: '3!\n' });
  });

  it('cannot be broken out of by a value, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (value) => {
        const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  plain: {{ .var.v }}\n  quoted: "{{ .var.v }}"\n';
        const profile = resolved([KUBERNETES, manifests('m', [text])], [{ name: 'v' }], { v: value });
        expect(objectsOf(profile, 'm')).toEqual([
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { plain: value, quoted: value } },
        ]);
      }),
    );
  });

  it('flatten lists and skip empty documents', () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n';
    const profile = resolved([KUBERNETES, manifests('m', ['---\n---\n', `${configMap('c')}---\n${list}`, ''])]);
    expect(objectsOf(profile, 'm').map((object) => (object['metadata'] as { name: string }).name)).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['a: [1', 'is not valid YAML (document 1)'],
    ['a: 1\na: 2', 'is not valid YAML'],
    ['just text', 'must be a Kubernetes object'],
    ['kind: X\nmetadata: {name: a}', 'apiVersion is required'],
    ['apiVersion: v1\nkind: X', 'metadata.name is required'],
    ['apiVersion: v1\nkind: X\nmetadata: {name: 5}', 'metadata.name is required and must be a text'],
    [`${configMap('a')}---\n${configMap('a')}`, 'ConfigMap "a" is there twice'],
    ['apiVersion: v1\nkind: X\nmetadata: {name: a}\nx: .inf', 'a number JSON does not have'],
    ['apiVersion: v1\nkind: X\nmetadata: {name: a}\n__proto__: {x: 1}', '__proto__'],
    [
      `x: &a [1,2,3,4,5,6,7,8,9]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nw: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
      'cannot be read',
    ],
    ['x'.repeat(5 * 1024 * 1024), 'at most 4194304 fit one layer'],
    [`a: ${'['.repeat(300)}${']'.repeat(300)}`, 'nested deeper than 100 levels'],
  ])('refuses %#', (text, expected) => {
    expect(causesOf([KUBERNETES, manifests('m', [text])]).join('\n')).toContain(expected);
  });

  it('of a thousand objects are read in seconds', () => {
    const text = Array.from({ length: 1000 }, (_, index) => configMap(`c${index}`)).join('---\n');
    const start = performance.now();
    expect(objectsOf(resolved([KUBERNETES, manifests('m', [text])]), 'm')).toHaveLength(1000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

it('says everything that is wrong in one error, with paths', () => {
  const act = () => resolved([KUBERNETES, chart('a', { values: { x: '{{ .var.x }}' } }), manifests('m', ['a: ['])]);
  expect(act).toThrow(SlipwayError);
  expect(act).toThrow(/layers\[1\]\.values\.x.*layers\[2\]\.manifests\[0\]/s);
});

it('remembers the values of secret-looking variables so that they can be masked', () => {
  const variables = [
    { name: 'dbPassword', default: 'hunter22' },
    { name: 'host', default: 'example' },
    { name: 'token', default: 'ab' },
  ];
  expect(resolved([KUBERNETES], variables).secretValues).toEqual(['hunter22']);
});
