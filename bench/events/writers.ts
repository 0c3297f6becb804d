import { sleep } from '@slipway/kit';
import type { Write } from './history.ts';
import { COLLECTION, objectOf, rvOf, valueOf, type WireObject } from './objects.ts';
import type { Written } from './watchers.ts';
import type { Problem } from './problems.ts';
import { type Call, createWire, type Hubs, isUnavailable, type JsonAnswer, oneOf, randomOf, type Refusals } from './wire.ts';

export const WRITERS = 32;

/** What the writers believe of an object; undefined when it is not there. */
type Believed = { readonly uid: string; readonly rv: number } | undefined;

/** Noted before it is sent, because from then on it may have happened; taken back when it was refused for sure. */
interface Notes {
  confirmed: Write[];
  deletions: Map<string, { name: string; confirmed: boolean; unanswered: number }>;
  values: Map<number, { name: string; even: boolean }>;
  problems: Problem[];
  attempts: number;
  conflicts: number;
  broken: number;
}

interface Attempt {
  readonly name: string;
  readonly value: number;
  readonly even: boolean;
  readonly believed: Believed;
}

const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

/** 32 that write the same few objects at once, in every way there is: created, replaced with a precondition, patched, applied, deleted; conflicts are part of it. */
export function createWriters(hubs: Hubs, options: { objects: number; seed: number }) {
  const refusals: Refusals = { throttled: 0, unavailable: 0 };
  const wire = createWire(hubs, randomOf(options.seed), refusals);
  const believed = new Map<string, Believed>();
  let values = 0;
  let failures = 0;
  const patience = (): Promise<void> => sleep(Math.min(1000, 5 * failures++));

  /** `undefined`: it is not known what became of the write. */
  const send = async (notes: Notes, path: string, call: Call): Promise<JsonAnswer | undefined> => {
    const answer = await wire.call(path, call).catch(() => undefined);
    if (answer === undefined || answer.status < 500) return answer;
    if (!isUnavailable(answer.status)) notes.problems.push({ kind: 'refused', text: `a writer: ${JSON.stringify(answer)}` });
    return undefined;
  };
  const look = async (notes: Notes, name: string): Promise<void> => {
    const answer = await send(notes, `${COLLECTION}/${name}`, {});
    if (answer?.status === 404) believed.delete(name);
    if (answer?.status !== 200) return;
    const object = answer.body as WireObject;
    believed.set(name, { uid: object.metadata.uid, rv: rvOf(object) });
  };
  const make = async (notes: Notes, { name, value, even }: Attempt, path: string, call: Call): Promise<void> => {
    notes.attempts++;
    notes.values.set(value, { name, even });
    const answer = await send(notes, `${COLLECTION}${path}`, call);
    if (answer === undefined) {
      notes.broken++;
      return patience();
    }
    notes.values.delete(value);
    if (answer.status !== 200 && answer.status !== 201) {
      if (![404, 409, 429].includes(answer.status)) throw new Error(`a write of ${name} was answered ${JSON.stringify(answer)}`);
      notes.conflicts++;
      return look(notes, name);
    }
    failures = 0;
    const object = answer.body as WireObject;
    const { uid, generation } = object.metadata;
    const rv = rvOf(object);
    if (valueOf(object) !== value) throw new Error(`a write of ${value} was answered with ${valueOf(object)}`);
    notes.confirmed.push({ rv, type: answer.status === 201 ? 'ADDED' : 'MODIFIED', name, uid, generation, value, even });
    believed.set(name, { uid, rv });
  };
  const remove = async (notes: Notes, name: string, { uid, rv }: NonNullable<Believed>, exactly: boolean): Promise<void> => {
    notes.attempts++;
    const preconditions = { uid, ...(exactly ? { resourceVersion: String(rv) } : {}) };
    const deletion = notes.deletions.get(uid) ?? { name, confirmed: false, unanswered: 0 };
    notes.deletions.set(uid, deletion);
    deletion.unanswered++;
    const answer = await send(notes, `${COLLECTION}/${name}`, { method: 'DELETE', body: { preconditions } });
    if (answer === undefined) {
      notes.broken++;
      return patience();
    }
    deletion.unanswered--;
    if (answer.status === 200) {
      deletion.confirmed = true;
      if (believed.get(name)?.uid === uid) believed.delete(name);
      return undefined;
    }
    if (!deletion.confirmed && deletion.unanswered === 0) notes.deletions.delete(uid);
    notes.conflicts++;
    return look(notes, name);
  };

  const write = async (notes: Notes, random: () => number): Promise<void> => {
    const name = `o${Math.floor(random() * options.objects)}`;
    const before = believed.get(name);
    const choice = random();
    if (before !== undefined && choice < 0.1) return remove(notes, name, before, random() < 0.5);
    const attempt = { name, value: ++values, even: random() < 0.5, believed: before };
    const { path, ...call } = requestOf(attempt, random);
    return make(notes, attempt, path, call);
  };

  return {
    /** So many writes, and one that every watcher sees. `during` runs beside them, when a third of them is done. */
    async round(count: number, during: () => Promise<void>): Promise<Written & Pick<Notes, 'attempts' | 'conflicts' | 'broken'>> {
      const notes: Notes = {
        confirmed: [],
        deletions: new Map(),
        values: new Map(),
        problems: [],
        attempts: 0,
        conflicts: 0,
        broken: 0,
      };
      let disturbing: Promise<void> | undefined;
      const writer = async (id: number): Promise<void> => {
        const random = randomOf(options.seed * 31 + values + id * 7907);
        while (notes.confirmed.length + notes.deletions.size < count) {
          await write(notes, random);
          if (disturbing === undefined && notes.confirmed.length > count / 3) disturbing = during();
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, id) => writer(id)));
      await disturbing;
      const end = await finish(notes);
      return { ...notes, deletions: [...notes.deletions], values: [...notes.values], end };
    },
    refusals,
    close: () => wire.close(),
  };

  /** Applied, so that it works the first time and every time; labelled, so that everybody sees it. */
  async function finish(notes: Notes): Promise<number> {
    for (;;) {
      const value = ++values;
      const attempt = { name: 'end', value, even: true, believed: undefined };
      const call = { method: 'PATCH', body: objectOf('end', value, true), type: APPLY };
      await make(notes, attempt, '/end?fieldManager=end&force=true', call);
      const last = notes.confirmed.at(-1);
      if (last?.value === value) return last.rv;
    }
  }
}

function requestOf({ name, value, even, believed }: Attempt, random: () => number) {
  const object = objectOf(name, value, even) as { metadata: object };
  if (random() < 0.25) {
    // Two managers in turn, who take the fields from each other.
    const manager = oneOf(['one', 'two'], random);
    return { method: 'PATCH', path: `/${name}?fieldManager=${manager}&force=true`, body: object, type: APPLY };
  }
  if (believed === undefined) return { method: 'POST', path: '', body: object, type: undefined };
  if (random() < 0.5) return { method: 'PATCH', path: `/${name}`, body: object, type: MERGE };
  const metadata = { ...object.metadata, resourceVersion: String(believed.rv) };
  return { method: 'PUT', path: `/${name}`, body: { ...object, metadata }, type: undefined };
}
