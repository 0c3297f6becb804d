import { expect, it } from 'vitest';
import { cellWords, columnWords, pluralWords } from './kind-words.ts';

it('has the plural of a kind in words', () => {
  expect(pluralWords('gateways')).toBe('Gateways');
  expect(pluralWords('maintenancepolicies')).toBe('Maintenance policies');
  expect(pluralWords('cloudaccounts')).toBe('Cloud accounts');
});

it('reads the command line’s columns and cells as words', () => {
  expect(columnWords('DISPLAY NAME')).toBe('Display name');
  expect(columnWords('URL')).toBe('URL');
  expect(cellWords('1.0.0,1.1.0')).toBe('1.0.0, 1.1.0');
  expect([undefined, '', '<none>', '<unknown>'].map(cellWords)).toEqual(['–', '–', '–', '–']);
  expect(cellWords(0)).toBe('0');
});
