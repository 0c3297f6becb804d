import { expect, it } from 'vitest';
import { agoText } from './age.tsx';

// How a unit is abbreviated differs between versions of the engine's language data.
const NOW = Date.parse('2026-03-01T12:00:00Z');
it.each([
  [0, /^now$/],
  [-9, /^now$/],
  [-27, /^27s ago$/],
  // What is still to come is not past: the next sync of a registry.
  [27, /^in 27s$/],
  [-200, /^3m(in)? ago$/],
  [200, /^in 3m(in)?$/],
  [-90_000, /^1d ago$/],
])('%i seconds from now is %s', (seconds, words) => {
  expect(agoText(new Date(NOW + seconds * 1000).toISOString(), NOW)).toMatch(words);
});
it('says so of what is no time', () => expect(agoText('soon', NOW)).toBe('unknown'));
