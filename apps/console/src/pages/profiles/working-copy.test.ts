import { expect, it } from 'vitest';
import { whyNotText } from './working-copy.ts';

it('values become a text only where they mean the same in it', () => {
  expect(whyNotText({ values: {}, valuesYaml: 'replicas: {{ .var.n }}' })).toBeUndefined();
  expect(whyNotText({ values: { host: '{{ .cluster.name }}.example.org', on: true } })).toBeUndefined();
  expect(whyNotText({ values: { replicas: '{{ .var.n }}' } })).toContain('keep their type');
  expect(whyNotText({ values: { hosts: [{ name: ' {{ .macro.domain | default "a" }} ' }] } })).toContain('keep their type');
  expect(whyNotText({ values: { a: 1 }, valuesYaml: 'b: 2' })).toContain('as an object over it');
});
