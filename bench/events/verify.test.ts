import { describe, expect, it } from 'vitest';
import { createHistory, type EventType, type Seen, type Write } from './history.ts';
import { summaryOf } from './problems.ts';
import { completed, snapshotProblems, splitAt, stretchProblems } from './verify.ts';

const write = (rv: number, type: EventType, name: string, more: Partial<Write> = {}): Write => ({
  rv,
  type,
  name,
  uid: `${name}-1`,
  generation: 1,
  value: rv,
  even: false,
  ...more,
});
const seen = ({ rv, type, name, uid, value }: Write): Seen => ({ rv, type, name, uid, value });

const made = write(11, 'ADDED', 'a');
const other = write(12, 'ADDED', 'b', { even: true });
const changed = write(14, 'MODIFIED', 'a', { generation: 2, even: true });
const back = write(15, 'MODIFIED', 'a', { generation: 3 });
const gone = write(17, 'DELETED', 'b', { value: 12 });
const writes = [made, other, changed, back, gone];

function historyOf(all: readonly Write[] = writes) {
  const history = createHistory(10);
  return { history, problems: history.add(all, 20) };
}

const stretch = { who: 'w', selection: 'all', from: 10, to: 18 } as const;

describe('what was written as the yardstick', () => {
  it('takes a history that can be, and the whole of it as seen', () => {
    const { history, problems } = historyOf();
    expect(problems).toEqual([]);
    expect(stretchProblems(history, { ...stretch, events: writes.map(seen) })).toEqual([]);
    expect(stretchProblems(history, { ...stretch, from: 12, to: 14, events: [seen(changed)] })).toEqual([]);
  });

  it.each([
    ['skipped', 'skipped', [made, other, changed, gone]],
    ['skipped at the end', 'skipped', [made, other, changed, back]],
    ['repeated', 'repeated', [made, other, changed, changed, back, gone]],
    ['repeated later', 'repeated', [made, other, changed, back, other, gone]],
    ['reordered', 'reordered', [made, other, back, changed, gone]],
    ['with the content of another', 'of other content', [made, other, { ...changed, value: 15 }, back, gone]],
    ['of another kind', 'of other content', [made, other, { ...changed, type: 'ADDED' as const }, back, gone]],
    ['of another object of that name', 'of other content', [made, other, changed, back, { ...gone, uid: 'b-2' }]],
    ['of nobody', 'an event of a write that nobody made', [...writes, write(18, 'ADDED', 'c')]],
  ])('sees an event that is %s', (_what, kind, events) => {
    expect(stretchProblems(historyOf().history, { ...stretch, events: events.map(seen) })).toMatchObject([{ kind }]);
  });

  it('says what somebody who selects has to see', () => {
    const { history } = historyOf();
    const events = [
      seen(other),
      { ...seen(changed), type: 'ADDED' as const },
      { ...seen(back), type: 'DELETED' as const, value: 14 },
      seen(gone),
    ];
    expect(stretchProblems(history, { ...stretch, selection: 'even', events })).toEqual([]);
    expect(stretchProblems(history, { ...stretch, selection: 'even', events: writes.map(seen) })).toHaveLength(1);
  });

  it('holds a list against one state only', () => {
    const { history } = historyOf();
    const list = { who: 'l', selection: 'all', rv: 14 } as const;
    expect(snapshotProblems(history, { ...list, items: [other, changed] })).toEqual([]);
    expect(snapshotProblems(history, { ...list, items: [other, made] }), 'a page of an earlier state').toHaveLength(1);
    expect(snapshotProblems(history, { ...list, items: [changed] }), 'a page of a later state').toHaveLength(1);
    expect(snapshotProblems(history, { ...list, items: [other, changed, changed] }), 'twice').toHaveLength(1);
    expect(snapshotProblems(history, { ...list, selection: 'even', items: [other, changed] })).toEqual([]);
  });

  it('goes on from round to round, and forgets after a while', () => {
    const { history } = historyOf();
    expect(history.add([write(25, 'DELETED', 'a', { value: 15 })], 30)).toEqual([]);
    expect(history.events({ from: 14, to: 30 }, 'all')?.map(({ rv }) => rv)).toEqual([15, 17, 25]);
    for (let round = 3; round < 20; round++) history.add([], round * 10);
    expect(history.events({ from: 14, to: 30 }, 'all')).toBeUndefined();
    expect(history.at(14, 'all')).toBeUndefined();
    expect(stretchProblems(history, { ...stretch, from: 14, to: 30, events: [] })).toMatchObject([{ kind: 'from what is long gone' }]);
    expect(stretchProblems(history, { ...stretch, from: 14, to: 14, events: [] }), 'a watch that was refused').toEqual([]);
  });

  it.each([
    ['a write of which nobody heard', [made, back]],
    ['two writes of one number', [made, { ...other, rv: 11 }]],
    ['an object that was made twice', [made, { ...made, rv: 12, uid: 'a-2' }]],
    ['a change of what is not there', [changed]],
    ['a change of another object of that name', [made, { ...changed, uid: 'a-2' }]],
  ])('cannot be with %s', (_what, all) => {
    expect(historyOf(all).problems).toHaveLength(1);
  });
});

describe('what writers were not told', () => {
  const unconfirmed = {
    deletions: new Map([['b-1', { name: 'b', confirmed: true }]]),
    values: new Map([[14, { name: 'a', even: true }]]),
  };
  const confirmed = [made, other, back];

  it('took place if anybody saw it', () => {
    const { writes: all, problems } = completed(confirmed, unconfirmed, [changed, gone, gone]);
    expect(problems).toEqual([]);
    expect(historyOf(all).problems).toEqual([]);
    expect(all.toSorted((a, b) => a.rv - b.rv).map(({ rv }) => rv)).toEqual([11, 12, 14, 15, 17]);
  });

  it('is no excuse for a deletion that was confirmed and not shown, nor for an event out of nothing', () => {
    expect(completed(confirmed, unconfirmed, [changed]).problems).toMatchObject([{ kind: 'a confirmed write that nobody saw' }]);
    const stranger = { ...changed, value: 99 };
    // Once, however many saw it.
    expect(completed(confirmed, unconfirmed, [gone, stranger, stranger]).problems).toMatchObject([
      { kind: 'an event of a write that nobody made' },
    ]);
  });

  it('took place once', () => {
    const again = { ...changed, rv: 16 };
    expect(completed(confirmed, unconfirmed, [gone, changed, again]).problems).toMatchObject([
      { kind: 'an event of a write that nobody made' },
    ]);
    expect(completed([...confirmed, changed], { ...unconfirmed, values: new Map() }, [gone, again]).problems, 'a status').toHaveLength(1);
  });

  it('has to be the same for everybody who saw it', () => {
    const { writes: all } = completed(confirmed, unconfirmed, [changed, gone]);
    const { history } = historyOf(all);
    const events = writes.map(seen);
    expect(stretchProblems(history, { ...stretch, events })).toEqual([]);
    expect(stretchProblems(history, { ...stretch, events: events.filter(({ rv }) => rv !== 14) })).toMatchObject([{ kind: 'skipped' }]);
    const otherwise = events.map((event) => (event.rv === 14 ? { ...event, type: 'ADDED' as const } : event));
    expect(stretchProblems(history, { ...stretch, events: otherwise })).toMatchObject([{ kind: 'of other content' }]);
  });
});

describe('what comes after the end of a round', () => {
  const found = {
    stretches: [
      { ...stretch, events: writes.map(seen) },
      { ...stretch, from: 15, events: [seen(gone)] },
    ],
    snapshots: [
      { who: 'l', selection: 'all', rv: 14, items: [] },
      { who: 'l', selection: 'all', rv: 17, items: [] },
    ],
    sightings: [changed, gone],
  } as const;

  it('is compared in the next, and nothing of it is lost', () => {
    const { now, later } = splitAt(found, 15);
    expect(now.stretches).toEqual([{ ...stretch, to: 15, events: [made, other, changed, back].map(seen) }]);
    expect(later.stretches).toEqual([
      { ...stretch, from: 15, events: [seen(gone)] },
      { ...stretch, from: 15, events: [seen(gone)] },
    ]);
    expect([now.snapshots, later.snapshots].map((all) => all.map(({ rv }) => rv))).toEqual([[14], [17]]);
    expect([now.sightings, later.sightings].map((all) => all.map(({ rv }) => rv))).toEqual([[14], [17]]);
  });
});

it('says how many problems there are of each kind, and a few of them', () => {
  const problems = Array.from({ length: 8 }, (_, n) => ({ kind: 'skipped', text: `event ${n}` }) as const);
  const summary = summaryOf([...problems, { kind: 'refused', text: 'a list was answered with 500' }]);
  expect(summary.counts).toEqual({ skipped: 8, refused: 1 });
  expect(summary.examples).toEqual([0, 1, 2, 3, 4].map((n) => `skipped: event ${n}`).concat('refused: a list was answered with 500'));
});
