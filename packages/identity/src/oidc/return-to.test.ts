import { expect, it } from 'vitest';
import { safeReturnTo } from './return-to.ts';

it.each(['/', '/auth/device', '/clusters?project=shop&x=%2F%2Fevil', '/a#b', '/a//b'])('goes on to %s', (place) =>
  expect(safeReturnTo(place, '/home')).toBe(place),
);

it.each([
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '/..//evil.example',
  '/./\\evil.example',
  '/%5c%5cevil.example\u0000',
  '',
  `/${'x'.repeat(2000)}`,
  undefined,
  ['/a', '/b'],
  { toString: () => '//evil.example' },
])('open redirect: %j leads home', (place) => expect(safeReturnTo(place, '/home')).toBe('/home'));
