import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../audit/records.ts';
import { activitySearch } from './activity-search.ts';
import { barsOf, type Happening, ofRecord, shownOf } from './happenings.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 28, 8, minute)).toISOString();
const one = (id: string, minute: number, more: Partial<Happening> = {}): Happening => ({
  id,
  time: at(minute),
  warning: false,
  reason: 'Created',
  message: 'made',
  count: 1,
  about: { kind: 'Cluster', name: id, namespace: 'shop' },
  ...more,
});
const ids = (shown: readonly Happening[]) => shown.map(({ id }) => id);

describe('what happened', () => {
  const all = [one('a', 1), one('b', 30, { warning: true }), one('c', 50, { about: { kind: 'Gateway', name: 'c' } })];

  it('is found by time, kind, warning and every word, the last first', () => {
    expect(ids(shownOf(all, {}, Date.parse(at(0))))).toEqual(['c', 'b', 'a']);
    expect(ids(shownOf(all, {}, Date.parse(at(20))))).toEqual(['c', 'b']);
    expect(ids(shownOf(all, { type: 'Warning' }, 0))).toEqual(['b']);
    expect(ids(shownOf(all, { kind: 'Gateway' }, 0))).toEqual(['c']);
    expect(ids(shownOf(all, { q: 'shop CREATED' }, 0))).toEqual(['b', 'a']);
  });

  it('is counted in equal parts of the time, the last moment in the last', () => {
    const bars = barsOf([...all, one('d', 60)], Date.parse(at(0)), Date.parse(at(60)), 4);
    expect(bars.map(({ normal, warnings }) => [normal, warnings])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [2, 0],
    ]);
  });

  it('comes from the audit when it changed something', () => {
    const row = {
      seq: 7,
      time: at(1),
      verb: 'update',
      outcome: 'ok',
      user: { kind: 'user', name: 'ada' },
      object: { resource: 'clusters', name: 'dev', project: 'shop' },
    } as unknown as AuditRow;
    expect(ofRecord(row, () => 'Cluster')).toMatchObject({
      reason: 'Changed',
      message: 'Changed by ada',
      about: { kind: 'Cluster', name: 'dev' },
    });
    expect(ofRecord({ ...row, outcome: 'denied' } as AuditRow, () => 'Cluster')).toMatchObject({ reason: 'Refused', warning: true });
    expect(ofRecord({ ...row, verb: 'sign-in' } as AuditRow, () => 'Cluster')).toBeUndefined();
  });

  it('takes from an address what it knows', () => {
    expect(activitySearch({ what: 'all', since: '9d', type: 'x', kind: 5 })).toEqual({ kind: '5' });
  });
});
