/**
 * What really happened, as the writers were told: the yardstick that every event and every list is held against. Pure, and written without looking at how the hub does it.
 */

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One write that took place. `value` is different for each write of the run, so that it names the state it made; a deletion shows the state it ended. */
export interface Write {
  readonly rv: number;
  readonly type: EventType;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly value: number;
  readonly even: boolean;
}

/** An event as a watcher saw it. */
export interface Seen {
  readonly rv: number;
  readonly type: EventType;
  readonly name: string;
  readonly uid: string;
  readonly value: number;
}

/** What watchers and lists ask for: everything, or what is labelled `even=true`. */
export type Selection = 'all' | 'even';

type State = ReadonlyMap<string, Write>;

interface Round {
  /** Writes are after `from`, and up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly before: State;
  readonly writes: readonly Write[];
}

/** Rounds that are remembered: more than the hub's own log reaches back. */
const REMEMBERED = 12;

export interface History {
  /** Adds the writes of a round, in any order; says what in them cannot be: a write that was confirmed and is not there leaves a hole in the generations of its object. */
  add(writes: readonly Write[], to: number): string[];
  /** The objects at a resource version, by name; undefined when that is too long ago. */
  at(rv: number, selection: Selection): readonly Write[] | undefined;
  /** Every event after `from` up to `to`, as somebody who watches a selection has to see it; undefined when that is too long ago. */
  events(range: { from: number; to: number }, selection: Selection): readonly Seen[] | undefined;
}

export function createHistory(start: number): History {
  let rounds: Round[] = [];
  let now: State = new Map();
  let end = start;

  const reaches = (rv: number): boolean => rv >= (rounds[0]?.from ?? start);
  return {
    add(writes, to) {
      const problems: string[] = [];
      const state = new Map(now);
      const sorted = writes.toSorted((a, b) => a.rv - b.rv);
      for (const [n, write] of sorted.entries()) {
        if (write.rv <= end || write.rv > to || write.rv === sorted[n - 1]?.rv)
          problems.push(`${textOf(write)}: two writes, or two rounds, have this resource version`);
        const problem = succession(state.get(write.name), write);
        if (problem !== undefined) problems.push(`${textOf(write)}: ${problem}`);
        apply(state, write);
      }
      rounds = [...rounds, { from: end, to, before: now, writes: sorted }].slice(-REMEMBERED);
      now = state;
      end = to;
      return problems;
    },
    at(rv, selection) {
      if (!reaches(rv)) return undefined;
      const round = rounds.find(({ to }) => rv <= to);
      // Later than the last write: others have written other kinds since.
      const state = new Map(round?.before ?? now);
      for (const write of round?.writes ?? []) {
        if (write.rv > rv) break;
        apply(state, write);
      }
      return [...state.values()].filter((write) => isSelected(write, selection)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    events({ from, to }, selection) {
      if (!reaches(from)) return undefined;
      const seen: Seen[] = [];
      for (const round of rounds) {
        if (round.to <= from) continue;
        const state = new Map(round.before);
        for (const write of round.writes) {
          if (write.rv > to) return seen;
          const event = write.rv > from ? eventOf(state.get(write.name), write, selection) : undefined;
          if (event !== undefined) seen.push(event);
          apply(state, write);
        }
      }
      return seen;
    },
  };
}

const isSelected = ({ even }: Write, selection: Selection): boolean => selection === 'all' || even;

function apply(state: Map<string, Write>, write: Write): void {
  if (write.type === 'DELETED') state.delete(write.name);
  else state.set(write.name, write);
}

/** Every write makes another spec, so generations count the writes of an object without a gap. */
function succession(before: Write | undefined, { type, uid, generation }: Write): string | undefined {
  if (type === 'ADDED') {
    if (before !== undefined) return 'it was made although it was there';
    return generation === 1 ? undefined : `a new object is of generation ${generation}`;
  }
  if (before === undefined) return 'it was changed although it was not there';
  if (before.uid !== uid) return `it is another object than the one before (${before.uid})`;
  if (type === 'DELETED') return undefined;
  return generation === before.generation + 1 ? undefined : `generation ${generation} follows ${before.generation}`;
}

/** What starts to be selected is ADDED, what stops to be is DELETED as it was before. */
function eventOf(before: Write | undefined, write: Write, selection: Selection): Seen | undefined {
  const { rv, name, uid } = write;
  if (write.type === 'DELETED') {
    return before !== undefined && isSelected(before, selection) ? { rv, type: 'DELETED', name, uid, value: before.value } : undefined;
  }
  const was = before !== undefined && isSelected(before, selection);
  if (isSelected(write, selection)) return { rv, type: was ? 'MODIFIED' : 'ADDED', name, uid, value: write.value };
  return was ? { rv, type: 'DELETED', name, uid, value: before.value } : undefined;
}

export const textOf = ({ rv, type, name, value }: Pick<Write, 'rv' | 'type' | 'name' | 'value'>): string =>
  `${rv} ${type} ${name} (${value})`;
