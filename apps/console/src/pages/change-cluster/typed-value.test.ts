import { expect, it } from 'vitest';
import { typedValue } from './typed-value.ts';

it('is read as YAML, so numbers are numbers and lists lists', () => {
  expect(typedValue('80')).toEqual({ value: 80 });
  expect(typedValue('"80"')).toEqual({ value: '80' });
  expect(typedValue('[a, b]')).toEqual({ value: ['a', 'b'] });
  expect(typedValue('false')).toEqual({ value: false });
});

it('is refused where it is nothing', () => {
  for (const text of ['', '  ', 'null', '~']) expect(typedValue(text)).toHaveProperty('because');
  expect(typedValue('{a: [')).toHaveProperty('because');
});
