import { expect, it } from 'vitest';
import { FIRST_CHOICE, follows, isBeyond, logQuery } from './log-query.ts';

it('asks for what was chosen, and no more than is held', () => {
  expect(logQuery({ ...FIRST_CHOICE, container: 'web' })).toEqual({
    container: 'web',
    timestamps: 'true',
    previous: undefined,
    follow: 'true',
    sinceSeconds: '3600',
    sinceTime: undefined,
    tailLines: '20000',
  });
  expect(logQuery({ ...FIRST_CHOICE, previous: true })).toMatchObject({ previous: 'true', follow: undefined });
  expect(logQuery({ ...FIRST_CHOICE, range: 'all' })).toMatchObject({ sinceSeconds: undefined, sinceTime: undefined });
});

it('goes on from the last line after a break, whatever was chosen at first', () => {
  expect(logQuery(FIRST_CHOICE, '2026-11-28T04:00:00Z')).toMatchObject({
    sinceSeconds: undefined,
    sinceTime: '2026-11-28T04:00:00Z',
    tailLines: undefined,
  });
});

it('ends a stretch of time where it was said to end', () => {
  const choice = { ...FIRST_CHOICE, range: 'between', from: '2026-11-28T04:00', until: '2026-11-28T05:00' };
  expect(follows(choice)).toBe(false);
  expect(follows({ ...choice, until: '' })).toBe(true);
  expect(logQuery(choice).sinceTime).toBe(new Date('2026-11-28T04:00').toISOString());
  expect(isBeyond(choice, new Date('2026-11-28T05:00:01').toISOString())).toBe(true);
  expect(isBeyond(choice, new Date('2026-11-28T04:59:59').toISOString())).toBe(false);
  expect(isBeyond(FIRST_CHOICE, '2099-01-01T00:00:00Z')).toBe(false);
});
