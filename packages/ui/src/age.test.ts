import { expect, it } from 'vitest';
import { agoText, localTimes } from './age.tsx';

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

it('shows the times in a sentence as they are here', () => {
  const now = new Date(2026, 2, 1, 12);
  const at = (day: number) => new Date(2026, day > 27 ? 1 : 2, day, 9, 5).toISOString();
  expect(localTimes(`Not heard of since ${at(1)}: what it was told stays.`, now.getTime())).toBe(
    'Not heard of since 09:05: what it was told stays.',
  );
  expect(localTimes(`since ${at(28)}`, now.getTime())).toBe('since 28 Feb, 09:05');
  expect(localTimes('2026-13-45T99:99:99Z and 2026-03-01', now.getTime())).toBe('2026-13-45T99:99:99Z and 2026-03-01');
});
