import { expect, test } from 'vitest';
import type { KeptFact } from '../plan/facts.ts';
import { keptWords, leftBehind } from './kept.ts';

const claim = (name: string) => ({
  object: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'db', name },
  reason: 'holds data of StatefulSet db',
});
const fact = (count: number, more?: number): KeptFact => ({
  layer: 'db',
  kept: Array.from({ length: count }, (_, index) => claim(`data-db-${index}`)),
  ...(more === undefined ? {} : { more }),
  at: '2026-01-01T00:00:00Z',
});

test('says what stays and why, and counts what is too much for a sentence', () => {
  expect(keptWords(fact(1))).toBe(
    'What layer db made is removed, but for: PersistentVolumeClaim db/data-db-0 (holds data of StatefulSet db).',
  );
  expect(keptWords(fact(7, 3))).toMatch(/data-db-4 \(holds data of StatefulSet db\); and 5 more\.$/);
});

test('is a condition only while something is left', () => {
  expect(leftBehind([])).toEqual([]);
  expect(leftBehind([fact(1)])).toMatchObject([{ type: 'NothingLeftBehind', status: 'False', reason: 'LeftBehind' }]);
});
