import { describe, expect, test } from 'vitest';
import { KUBERNETES, profileVersion } from './test-profiles.ts';
import { typeTakes, VARIABLE_TYPES } from './variable-types.ts';
import { variableGaps, variableUses } from './variable-uses.ts';
import { checkDeclarations } from './declarations.ts';
import { variableSchema } from './variable.ts';

const version = profileVersion(
  [
    KUBERNETES,
    {
      name: 'web',
      type: 'addon',
      namespace: 'web',
      chart: { registry: 'builtin', name: 'web', version: '{{ .var.release }}' },
      valuesYaml: '# ours\nreplicas: {{ .var.replicas }}\nhosts:\n  - {name: "{{ .var.host }}.{{ .var.host | lower }}"}\n',
      values: { ingress: { 'a.b': '{{ .macro.domain | default .var.host }}' } },
    },
    { name: 'extra', type: 'addon', manifests: ['kind: ConfigMap\ndata: {url: {{ .var.missing }}}\n', 'no: [yaml {{ .var.host }}\n'] },
  ],
  {
    variables: [
      { name: 'host', default: '{{ .var.zone }}.example.org' },
      { name: 'zone', default: 'eu' },
      { name: 'replicas', type: 'number', default: 2 },
      { name: 'release', default: '1.0.0' },
      { name: 'idle' },
    ],
  },
);

test('says of every variable in which layer and at which path it is used, in text and in objects', () => {
  expect(variableUses(version)).toEqual([
    { variable: 'zone', path: 'variables.host.default' },
    { variable: 'release', layer: 'web', path: 'chart.version' },
    { variable: 'host', layer: 'web', path: 'values.ingress["a.b"]' },
    { variable: 'replicas', layer: 'web', path: 'values.replicas' },
    { variable: 'host', layer: 'web', path: 'values.hosts[0].name' },
    { variable: 'missing', layer: 'extra', path: 'manifests[0].data.url' },
    // What cannot be read as YAML is still looked through.
    { variable: 'host', layer: 'extra', path: 'manifests[1]' },
  ]);
});

test('says which are used and not declared, and which are declared and not used', () => {
  expect(variableGaps(version)).toEqual({ undeclared: ['missing'], unused: ['idle'] });
});

describe.each(VARIABLE_TYPES)('a variable of type %s', (type) => {
  test('is refused exactly what its type does not take', () => {
    const takes = typeTakes(type);
    const options = takes.options ? { options: ['a'] } : {};
    const wrong = (more: object) => checkDeclarations([variableSchema.parse({ name: 'a', type, ...options, ...more })], 'variables');
    expect(wrong({})).toEqual([]);
    expect(wrong({ min: 1, max: 2 }).length === 0).toBe(takes.range);
    expect(wrong({ minLength: 1, maxLength: 2 }).length === 0).toBe(takes.length);
    expect(wrong({ pattern: '^a$' }).length === 0).toBe(takes.pattern);
    if (!takes.options) expect(wrong({ options: ['a'] })).toHaveLength(1);
    if (!takes.default) expect(wrong({ default: 'a' })[0]?.message).toContain('no default');
  });
});
