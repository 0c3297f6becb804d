import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { knowledgeOf, spotAt } from './knowledge.ts';
import { type OpenApi, type Schema, schemaOfKind, typeWords } from './schema.ts';

// As the hub serves it.
const document = JSON.parse(await readFile(join(import.meta.dirname, '../../../../openapi/slipway.dev-v1.json'), 'utf8')) as OpenApi;
const pool = knowledgeOf(document, schemaOfKind(document, 'MachinePool') as Schema);
/** The text with its cursor at `|`. */
const at = (text: string): [string, number] => [text.replace('|', ''), text.indexOf('|')];
const labels = (text: string): string[] => pool.complete(...at(text))?.options.map(({ label }) => label) ?? [];

it.each<[text: string, path: (string | number)[], key: string]>([
  ['sp|', [], 'sp'],
  ['spec:\n  repl|', ['spec'], 'repl'],
  ['spec:\n  a:\n    b: 1\n  c|', ['spec'], 'c'],
  ['spec:\n  taints:\n    - k|', ['spec', 'taints', 0], 'k'],
  ['spec:\n  taints:\n  - key: x\n    eff|', ['spec', 'taints', 0], 'eff'],
  ['spec:\n  taints:\n    - key: x\n\n    # more\n    - key: y\n      eff|', ['spec', 'taints', 0], 'eff'],

  ['a:\n  b:\n    c: 1\nd|', [], 'd'],
])('knows where one is in %j', (text, path, key) => {
  expect(spotAt(...at(text))).toMatchObject({ key, path });
});

it('offers the fields of a place with their types, and the values of a field', () => {
  expect(labels('|')).toEqual(expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'spec']));
  expect(labels('metadata:\n  n|')).toEqual(expect.arrayContaining(['name', 'namespace', 'labels']));
  expect(labels('spec:\n  r|')).toEqual(expect.arrayContaining(['replicas', 'cluster', 'taints', 'size']));
  expect(labels('spec:\n  size:\n    |')).toEqual(['cpu', 'memoryMiB']);
  expect(labels('spec:\n  taints:\n    - key: a\n      effect: |')).toEqual(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  expect(labels('spec:\n  labels:\n    |')).toEqual([]);
  const replicas = pool.complete(...at('spec:\n  repl|'))?.options.find(({ label }) => label === 'replicas');
  expect(replicas).toMatchObject({ detail: 'integer, 0 to 500, required', apply: 'replicas: ' });
});

it('says what a field is', () => {
  const text = 'spec:\n  size:\n    memoryMiB: 4\n';
  expect(pool.explain(text, text.indexOf('MiB'))).toMatchObject({ text: 'integer, 512 to 1048576' });
  expect(pool.explain('spec:\n  nonsense: 1', 10)).toBeUndefined();
});

it('has words for types', () => {
  expect(typeWords(document, { type: 'array', items: { type: 'string' } })).toBe('list of string');
  expect(typeWords(document, { type: 'string', enum: ['a'], default: 'a' })).toBe('one of a list, default a');
});
