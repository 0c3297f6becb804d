import { type History, type Seen, type Selection, textOf, type Write } from './history.ts';

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

/** What writers were not told, because the hub was stopped before it could answer. It took place if anybody saw it; then everybody has to have seen it. */
export interface Unconfirmed {
  /** By uid. Confirmed ones too: their answer does not tell a resource version. */
  readonly deletions: ReadonlyMap<string, { readonly name: string; readonly confirmed: boolean }>;
  readonly values: ReadonlyMap<number, Pick<Write, 'name' | 'even'>>;
}

/** A write that was not confirmed, as an event of it shows it. */
export interface Sighting extends Seen {
  readonly generation: number;
}

/** Adds what was seen of unconfirmed writes to the confirmed ones; what nobody wrote is a problem. */
export function completed(confirmed: readonly Write[], unconfirmed: Unconfirmed, sightings: readonly Sighting[]) {
  const writes = new Map(confirmed.map((write) => [write.rv, write]));
  const problems: string[] = [];
  for (const { rv, type, name, uid, value, generation } of sightings) {
    if (writes.has(rv)) continue;
    const made = type === 'DELETED' ? undefined : unconfirmed.values.get(value);
    const known = type === 'DELETED' ? unconfirmed.deletions.get(uid)?.name === name : made?.name === name;
    if (known) writes.set(rv, { rv, type, name, uid, generation, value, even: made?.even ?? false });
    else problems.push(`${textOf({ rv, type, name, value })}: an event of a write that nobody made`);
  }
  const deleted = new Set([...writes.values()].flatMap(({ type, uid }) => (type === 'DELETED' ? [uid] : [])));
  for (const [uid, { name, confirmed: told }] of unconfirmed.deletions)
    if (told && !deleted.has(uid)) problems.push(`${name} (${uid}): its deletion was confirmed and nobody saw it`);
  return { writes: [...writes.values()], problems };
}

/** Nothing when every event is there, once, in order and with the content it had; else the first difference. */
export function stretchProblems(history: History, stretch: Stretch): string[] {
  const { who, selection, from, to, events } = stretch;
  const wanted = history.events({ from, to }, selection);
  if (wanted === undefined) return [`${who}: a watch from ${from} was answered although that is long gone`];
  for (let n = 0; n < Math.max(wanted.length, events.length); n++) {
    const [want, got] = [wanted[n], events[n]];
    if (want !== undefined && got !== undefined && isSame(want, got)) continue;
    const text = (event: Seen | undefined) => (event === undefined ? 'none' : textOf(event));
    return [`${who}: watching ${selection} after ${from} up to ${to}, event ${n} is: ${text(got)}, wanted: ${text(want)}`];
  }
  return [];
}

const isSame = (a: Seen, b: Seen): boolean =>
  a.rv === b.rv && a.type === b.type && a.name === b.name && a.uid === b.uid && a.value === b.value;

/** Nothing when a list is exactly the state of its resource version; else the first difference. */
export function snapshotProblems(history: History, { who, selection, rv, items }: Snapshot): string[] {
  const wanted = history.at(rv, selection);
  if (wanted === undefined) return [`${who}: a list of ${rv} was answered although that is long gone`];
  const line = (one: Pick<Write, 'rv' | 'name' | 'value'> | undefined) =>
    one === undefined ? 'nothing' : `${one.name}@${one.rv}=${one.value}`;
  const sorted = items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (let n = 0; n < Math.max(wanted.length, sorted.length); n++) {
    if (line(wanted[n]) === line(sorted[n])) continue;
    return [`${who}: the list of ${selection} at ${rv} has ${line(sorted[n])} where ${line(wanted[n])} was`];
  }
  return [];
}
