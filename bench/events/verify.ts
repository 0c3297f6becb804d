import { type History, type Seen, type Selection, textOf, type Write } from './history.ts';
import type { Problem, ProblemKind } from './problems.ts';

/** What came over one connection after `from`; `to` is the newest resource version it told, of an event or a bookmark. */
export interface Stretch {
  readonly who: string;
  readonly selection: Selection;
  readonly from: number;
  readonly to: number;
  readonly events: readonly Seen[];
}

/** A list, in one piece, in pages or as a stream, and the resource version it says it is of. */
export interface Snapshot {
  readonly who: string;
  readonly selection: Selection;
  readonly rv: number;
  readonly items: readonly Pick<Write, 'rv' | 'name' | 'value'>[];
}

/**
 * Writes whose answer was lost, noted before they were sent: they may have happened, in this round or, when the database went on without its hub, in a later one. One took place if
 * anybody saw it; then everybody has to have seen the same.
 */
export interface Unconfirmed {
  /** By uid. Confirmed ones too: their answer does not tell a resource version. */
  readonly deletions: ReadonlyMap<string, { readonly name: string; readonly confirmed: boolean }>;
  readonly values: ReadonlyMap<number, Pick<Write, 'name' | 'even'>>;
}

/** A write that was not confirmed, as an event of it shows it. */
export interface Sighting extends Seen {
  readonly generation: number;
}

/** What a client has to show since it was last asked. */
export interface Found {
  readonly stretches: readonly Stretch[];
  readonly snapshots: readonly Snapshot[];
  readonly sightings: readonly Sighting[];
}

/** What was found of the time up to a resource version, and what of the time after it, which is not yet known in full. */
export function splitAt({ stretches, snapshots, sightings }: Found, rv: number): { readonly now: Found; readonly later: Found } {
  const isNow = (one: { readonly rv: number }) => one.rv <= rv;
  const isLater = (one: { readonly rv: number }) => one.rv > rv;
  return {
    now: {
      stretches: stretches
        .filter(({ from }) => from < rv)
        .map((one) => ({ ...one, to: Math.min(one.to, rv), events: one.events.filter(isNow) })),
      snapshots: snapshots.filter(isNow),
      sightings: sightings.filter(isNow),
    },
    later: {
      stretches: stretches
        .filter(({ to }) => to > rv)
        .map((one) => ({ ...one, from: Math.max(one.from, rv), events: one.events.filter(isLater) })),
      snapshots: snapshots.filter(isLater),
      sightings: sightings.filter(isLater),
    },
  };
}

/** Adds what was seen of unconfirmed writes to the confirmed ones; what nobody wrote is a problem. */
export function completed(confirmed: readonly Write[], unconfirmed: Unconfirmed, sightings: readonly Sighting[]) {
  const writes = new Map(confirmed.map((write) => [write.rv, write]));
  const problems: Problem[] = [];
  const strangers = new Set<number>();
  const settled = new Set<number>();
  for (const { rv, type, name, uid, value, generation } of sightings) {
    if (writes.has(rv) || strangers.has(rv)) continue;
    const made = type === 'DELETED' || settled.has(value) ? undefined : unconfirmed.values.get(value);
    const known = type === 'DELETED' ? unconfirmed.deletions.get(uid)?.name === name : made?.name === name;
    if (known) {
      writes.set(rv, { rv, type, name, uid, generation, value, even: made?.even ?? false });
      if (made !== undefined) settled.add(value);
      continue;
    }
    strangers.add(rv);
    problems.push({ kind: 'an event of a write that nobody made', text: textOf({ rv, type, name, value }) });
  }
  const deleted = new Set([...writes.values()].flatMap(({ type, uid }) => (type === 'DELETED' ? [uid] : [])));
  for (const [uid, { name, confirmed: told }] of unconfirmed.deletions)
    if (told && !deleted.has(uid)) problems.push({ kind: 'a confirmed write that nobody saw', text: `the deletion of ${name} (${uid})` });
  return { writes: [...writes.values()], problems };
}

/** Nothing when every event is there, once, in order and with the content it had; else the first difference. */
export function stretchProblems(history: History, stretch: Stretch): Problem[] {
  const { who, selection, from, to, events } = stretch;
  // Refused, or cut before anything was told: it says nothing about what is past.
  if (to === from && events.length === 0) return [];
  const wanted = history.events({ from, to }, selection);
  if (wanted === undefined) return [{ kind: 'from what is long gone', text: `${who}: a watch from ${from}` }];
  for (let n = 0; n < Math.max(wanted.length, events.length); n++) {
    const [want, got] = [wanted[n], events[n]];
    if (want !== undefined && got !== undefined && isSame(want, got)) continue;
    const text = (event: Seen | undefined) => (event === undefined ? 'none' : textOf(event));
    return [
      {
        kind: differenceOf(wanted, events, n),
        text: `${who}: watching ${selection} after ${from} up to ${to}, event ${n} is: ${text(got)}, wanted: ${text(want)}`,
      },
    ];
  }
  return [];
}

const isSame = (a: Seen, b: Seen): boolean =>
  a.rv === b.rv && a.type === b.type && a.name === b.name && a.uid === b.uid && a.value === b.value;

/** What the first difference, at `n`, comes of. */
function differenceOf(wanted: readonly Seen[], events: readonly Seen[], n: number): ProblemKind {
  const [want, got] = [wanted[n], events[n]];
  const isAmong = (all: readonly Seen[], rv: number) => all.some((one) => one.rv === rv);
  if (got !== undefined && got.rv === want?.rv) return 'of other content';
  if (got !== undefined && isAmong(events.slice(0, n), got.rv)) return 'repeated';
  if (want !== undefined) return isAmong(events.slice(n), want.rv) ? 'reordered' : 'skipped';
  return 'an event of a write that nobody made';
}

/** Nothing when a list is exactly the state of its resource version; else the first difference. */
export function snapshotProblems(history: History, { who, selection, rv, items }: Snapshot): Problem[] {
  const wanted = history.at(rv, selection);
  if (wanted === undefined) return [{ kind: 'from what is long gone', text: `${who}: a list of ${rv}` }];
  const line = (one: Pick<Write, 'rv' | 'name' | 'value'> | undefined) =>
    one === undefined ? 'nothing' : `${one.name}@${one.rv}=${one.value}`;
  const sorted = items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (let n = 0; n < Math.max(wanted.length, sorted.length); n++) {
    if (line(wanted[n]) === line(sorted[n])) continue;
    const text = `${who}: the list of ${selection} at ${rv} has ${line(sorted[n])} where ${line(wanted[n])} was`;
    return [{ kind: 'a list of no one state', text }];
  }
  return [];
}
