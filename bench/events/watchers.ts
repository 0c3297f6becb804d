/**
 * Watchers and listers in a process of their own, and the comparison of what they saw with what was written: a job on standard input (JSON), then a round as often as there is one; each
 * round is answered with what was compared. At `stop` it ends.
 */
import { createInterface } from 'node:readline';
import { sleep } from '@slipway/kit';
import { createHistory, type Write } from './history.ts';
import { createLister } from './lister.ts';
import { completed, snapshotProblems, stretchProblems } from './verify.ts';
import { type Counts, createWatcher, type Found } from './watcher.ts';
import { createWire, type Hubs, randomOf } from './wire.ts';

export interface Job extends Hubs {
  readonly seed: number;
  readonly watchers: number;
  readonly listers: number;
  /** The resource version before the first write. */
  readonly start: number;
}

/** What was written in a round, up to a last write that every watcher sees. */
export interface Written {
  readonly confirmed: readonly Write[];
  readonly deletions: readonly (readonly [uid: string, deletion: { readonly name: string; readonly confirmed: boolean }])[];
  readonly values: readonly (readonly [value: number, write: { readonly name: string; readonly even: boolean }])[];
  readonly end: number;
}

export interface Verified {
  /** Events that were delivered to a watcher and compared with what was written. */
  readonly events: number;
  /** Writes of the round that took place, and those of them that no writer was told of. */
  readonly writes: number;
  readonly unconfirmed: number;
  readonly snapshots: number;
  readonly objectsInSnapshots: number;
  readonly counts: Counts;
  readonly problems: readonly string[];
}

/** When nothing has come to any of those that are behind for so long, on a machine that others use, it never will. */
const PATIENCE_MS = 120_000;

type Watcher = ReturnType<typeof createWatcher>;

/** Until every watcher has seen everything up to `end`; says where those are to whom it does not come. */
async function caughtUp(watchers: readonly Watcher[], end: number): Promise<string[]> {
  let before = '';
  let since = performance.now();
  for (;;) {
    const behind = watchers.filter((watcher) => !watcher.has(end));
    const progress = behind.map((watcher) => watcher.progress()).join('; ');
    if (behind.length === 0) return [];
    if (progress !== before) since = performance.now();
    if (performance.now() - since > PATIENCE_MS) return [`nothing comes any more, the last write is ${end}: ${progress}`];
    before = progress;
    await sleep(20);
  }
}

function start(job: Job) {
  const counts: Counts = {
    connections: 0,
    resumedAtLast: 0,
    resumedEarlier: 0,
    relists: 0,
    streamedLists: 0,
    bookmarks: 0,
    gone: 0,
    broken: 0,
    lists: 0,
    pagedLists: 0,
    exactLists: 0,
  };
  const history = createHistory(job.start);
  const running = new AbortController();
  let before = job.start;
  let problems: string[] = [];
  const depsOf = (who: string, n: number) => {
    const random = randomOf(job.seed * 7919 + n * 104_729);
    return { who, random, counts, wire: createWire(job, random), problem: (text: string) => void problems.push(text) };
  };
  // A quarter each watches by label, and never begins anew.
  const watchers = Array.from({ length: job.watchers }, (_, n) =>
    createWatcher({ ...depsOf(`watcher ${n}`, n), selection: n % 4 === 3 ? 'even' : 'all' }, { faithful: n % 4 === 0 }),
  );
  const listers = Array.from({ length: job.listers }, (_, n) => createLister(depsOf(`lister ${n}`, job.watchers + n)));
  for (const client of [...watchers, ...listers]) {
    client.run(running.signal).catch((error: unknown) => problems.push(`a client ended: ${String(error)}`));
  }

  return async ({ confirmed, deletions, values, end }: Written): Promise<Verified> => {
    problems.push(...(await caughtUp(watchers, end)));
    const found: Found[] = [...watchers, ...listers].map((client) => client.take());
    const { writes, problems: strangers } = completed(
      confirmed,
      { deletions: new Map(deletions), values: new Map(values) },
      // What was of an earlier round was settled then.
      found.flatMap(({ sightings }) => sightings.filter(({ rv }) => rv > before)),
    );
    before = end;
    problems.push(...strangers, ...history.add(writes, end));
    const stretches = found.flatMap((one) => one.stretches);
    const snapshots = found.flatMap((one) => one.snapshots);
    for (const stretch of stretches) problems.push(...stretchProblems(history, stretch));
    for (const snapshot of snapshots) problems.push(...snapshotProblems(history, snapshot));
    const verified = {
      events: stretches.reduce((sum, { events }) => sum + events.length, 0),
      writes: writes.length,
      unconfirmed: writes.length - confirmed.length - deletions.filter(([, deletion]) => deletion.confirmed).length,
      snapshots: snapshots.length,
      objectsInSnapshots: snapshots.reduce((sum, { items }) => sum + items.length, 0),
      counts: { ...counts },
      problems,
    };
    problems = [];
    return verified;
  };
}

let round: ReturnType<typeof start> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') break;
  const said = JSON.parse(line) as Job | Written;
  if ('confirmed' in said) process.stdout.write(`${JSON.stringify(await round?.(said))}\n`);
  else {
    round = start(said);
    process.stdout.write('ready\n');
  }
}
process.stdout.write('{}\n', () => process.exit(0));
