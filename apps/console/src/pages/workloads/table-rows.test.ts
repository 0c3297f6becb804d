import { expect, it } from 'vitest';
import { selectorText } from './kinds.ts';
import { rowsOf, toneOf } from './table-rows.ts';

const row = (cells: Record<string, string>) => ({ uid: 'u', name: 'n', namespace: undefined, created: undefined, cells });

it('reads rows by the columns that were named, and leaves out what has no identity', () => {
  const table = {
    rows: [
      { cells: ['web-0', '1/1', null, 3], object: { metadata: { uid: '1', name: 'web-0', namespace: 'shop', creationTimestamp: 'T' } } },
      { cells: ['lost'] },
    ],
  };
  expect(rowsOf(table, ['Name', 'Ready', 'Status', 'Restarts'])).toEqual([
    { uid: '1', name: 'web-0', namespace: 'shop', created: 'T', cells: { Name: 'web-0', Ready: '1/1', Status: '', Restarts: '3' } },
  ]);
});

it.each([
  [{ Status: 'Running', Ready: '1/1' }, 'ok'],
  [{ Status: 'Running', Ready: '0/1' }, 'warn'],
  [{ Status: 'Completed', Ready: '0/1' }, 'ok'],
  [{ Status: 'Init:0/2' }, 'busy'],
  [{ Status: 'CrashLoopBackOff' }, 'bad'],
  [{ Status: 'Ready' }, 'ok'],
  [{ Status: 'Ready,SchedulingDisabled' }, 'warn'],
  [{ Status: 'NotReady' }, 'bad'],
])('takes %o for %s', (cells, tone) => expect(toneOf(row(cells as Record<string, string>))).toBe(tone));

it('writes a selector as addresses do', () => {
  expect(
    selectorText({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    }),
  ).toBe('app=web,tier in (a,b),!old');
});
