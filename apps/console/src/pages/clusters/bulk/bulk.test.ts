import { SlipwayError } from '@slipway/kit/errors';
import { expect, it } from 'vitest';
import { confirmation, leftOut } from './actions.ts';
import { type BulkResult, runBulk } from './bulk.ts';

it('says of each what came of it, and one that is refused stops nobody', async () => {
  const results: BulkResult<number>[] = [];
  let running = 0;
  let most = 0;
  await runBulk(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    async (item) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (item === 3) throw new SlipwayError('Forbidden', 'You cannot patch it.');
    },
    (index, result) => (results[index] = result),
  );
  expect(results.filter(({ state }) => state === 'done')).toHaveLength(9);
  expect(results[3]).toEqual({ item: 3, state: 'failed', message: 'You cannot patch it.' });
  expect(most).toBe(4);
});

it('waits as long as the hub asks, and gives up in the end', async () => {
  const waits: number[] = [];
  const results: BulkResult<string>[] = [];
  let tries = 0;
  await runBulk(
    ['soon', 'never'],
    async (item) => {
      if (item === 'never' || ++tries < 3) throw new SlipwayError('TooManyRequests', 'Slower.', { retryAfter: 7 });
    },
    (index, result) => (results[index] = result),
    async (seconds) => void waits.push(seconds),
  );
  expect(results.map(({ state }) => state)).toEqual(['done', 'failed']);
  expect(waits).toEqual(Array.from({ length: 7 }, () => 7));
});

const cluster = (paused: boolean, more: object = {}): never => ({ metadata: { name: 'dev', ...more }, spec: { paused } }) as never;

it('leaves out what an action says nothing to, with the reason', () => {
  expect(leftOut('pause', cluster(true))).toBe('It is paused already.');
  expect(leftOut('resume', cluster(false))).toBe('It is not paused.');
  expect(leftOut('delete', cluster(false, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe('It is being deleted already.');
  expect(leftOut('delete', cluster(true))).toBeUndefined();
});

it('one is deleted by its name, many by their number', () => {
  expect(confirmation([cluster(false)])).toBe('dev');
  expect(confirmation([cluster(false), cluster(true)])).toBe('delete 2 clusters');
});
