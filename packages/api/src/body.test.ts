import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBody } from './body.ts';

const json = (text: string) => parseBody(text, 'application/json');

it('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      // A generated key may be __proto__, which is refused on purpose.
      fc.pre(!text.includes('__proto__'));
      expect(json(text)).toEqual(JSON.parse(text));
    }),
  );
});

it.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":{"b":[{"c":1},{"c":1,"d":2,"c":3}]}}', 'a.b.c'],
  ['{"a":{"b":1},"b":1,"c":{"x":1},"a":2}', 'a'],
  ['{"\\u0061":1,"a":2}', 'a'],
  ['{"x":{"a\\"b":1,"a\\"b":2}}', 'x.a"b'],
])('refuses the duplicate key in %s', (text, field) => {
  expect(() => json(text)).toThrow(`duplicate field "${field}"`);
});

it('does not take texts and list items for keys', () => {
  expect(json('{"a":"a","b":["a","a",{"a":"b"},{"a":"b"}],"c":"{\\"a\\":1,\\"a\\":2}"}')).toBeDefined();
});

it('refuses aliases that explode', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefg'.split('').map((name, n) => `${name}: &${name} [${`*${'abcdef'[n]},`.repeat(9)}]`),
  ].join('\n');
  expect(() => parseBody(bomb, 'application/yaml')).toThrow('not valid YAML');
});
