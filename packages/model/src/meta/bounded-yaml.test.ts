import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readYaml, readYamlDocuments, YAML_LIMITS } from './bounded-yaml.ts';

test('reads what YAML is used for', () => {
  expect(readYaml('# values\na: 1\nb: [x, {c: true}]\nd: &one {e: 1.5}\nf: *one\n', 'it')).toEqual({
    a: 1,
    b: ['x', { c: true }],
    d: { e: 1.5 },
    f: { e: 1.5 },
  });
  expect(readYaml('', 'it')).toBeNull();
  expect(readYaml('# only a comment\n', 'it')).toBeNull();
  expect(readYamlDocuments('a: 1\n---\nb: 2\n---\n', 'it')).toEqual([{ a: 1 }, { b: 2 }, null]);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      // -0 is 0 in YAML text.
      const plain: unknown = JSON.parse(JSON.stringify(value));
      const refusedKey = JSON.stringify(plain).includes('__proto__');
      if (!refusedKey) expect(readYaml(stringify(plain), 'it')).toEqual(plain);
    }),
  );
});

const laughs = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
].join('\n');
const large = 300_000;

test.each([
  ['a billion laughs', laughs, /alias/],
  ['deep brackets', '['.repeat(large), /nested deeper than 100 levels/],
  ['deep braces', '{'.repeat(large), /nested deeper than 100 levels/],
  ['deep dashes', '- '.repeat(large), /nested deeper than 100 levels/],
  ['deep questions', '? '.repeat(large), /nested deeper than 100 levels/],
  ['deep keys', 'a: '.repeat(large), /./],
  ['deep indentation', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), /nested deeper than 100 levels/],
  ['too much text', 'a'.repeat(YAML_LIMITS.size + 1), /larger than/],
  ['too many words', `[${'a,'.repeat(200_000)}a]`, /more than 150000 words/],
  ['many errors', '[]'.repeat(100_000), /./],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', /the key "a" is in it twice \(line 3\)/],
  ['__proto__', '__proto__: {polluted: true}', /__proto__/],
  ['a map as a key', '? {a: 1}\n: 2\n', /a key of it is no text/],
  ['infinity', 'a: .inf', /JSON does not have \(line 1\)/],
  ['an alias to nothing', 'a: *b', /b/],
  ['an alias to what it is in', 'a: &a [*a]', /alias/],
  ['two documents', 'a: 1\n---\nb: 2', /more than one document/],
  ['an open quote', 'a: "b', /line 1/],
])('%s is refused in no time', (_what, text, reason) => {
  const started = process.cpuUsage();
  expect(() => readYaml(text, 'values.yaml')).toThrow(reason);
  expect(() => readYaml(text, 'values.yaml')).toThrow(/^values\.yaml cannot be read: /);
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(10);
});

test('many keys take time in their number, not in its square', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n');
  const started = process.cpuUsage();
  expect(Object.keys(readYaml(text, 'it') as object)).toHaveLength(20_000);
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(10);
});
