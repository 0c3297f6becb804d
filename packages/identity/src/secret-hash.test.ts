import { expect, it } from 'vitest';
import { createProvenCache } from './secret-hash.ts';

it('keeps nothing that was read before it ended and arrives after', async () => {
  const cache = createProvenCache<string>({ clock: { now: () => 0 }, cacheMs: 1000 });
  const answer = Promise.withResolvers<string>();
  const read = cache.get('token', () => answer.promise);
  cache.forget((claim) => claim === 'session');
  answer.resolve('session');
  expect(await read, 'it was so when it was read').toBe('session');
  expect(await cache.get('token', async () => undefined), 'but the next asks again').toBeUndefined();
});

it('believes what was proven, until it is forgotten', async () => {
  const cache = createProvenCache<string>({ clock: { now: () => 0 }, cacheMs: 1000 });
  await cache.get('token', async () => 'session');
  expect(await cache.get('token', async () => undefined)).toBe('session');
  cache.forget((claim) => claim !== 'session');
  expect(await cache.get('token', async () => undefined)).toBe('session');
  cache.forget((claim) => claim === 'session');
  expect(await cache.get('token', async () => undefined)).toBeUndefined();
});
