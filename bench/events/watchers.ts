/**
 * Watchers and listers in a process of their own, and the comparison of what they saw with what was written: a job on standard input (JSON), then a round as often as there is one; each
 * round is answered with what was compared. At `stop` it ends.
 */
import { createInterface } from 'node:readline';
import { sleep } from '@slipway/kit';
import { createHistory, type Write } from './history.ts';
import { createLister } from './lister.ts';
import type { Problem } from './problems.ts';
import { completed, type Found, snapshotProblems, splitAt, stretchProblems, type Unconfirmed } from './verify.ts';
import { type Counts, createWatcher } from './watcher.ts';
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
  readonly problems: readonly Problem[];
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
  readonly problems: readonly Problem[];
}

/** When nothing has come to any of those that are behind for so long, on a machine that others use, it never will. */
const PATIENCE_MS = 120_000;

type Watcher = ReturnType<typeof createWatcher>;

/** Until every watcher has seen everything up to `end`; says where those are to whom it does not come. */
async function caughtUp(watchers: readonly Watcher[], end: number): Promise<Problem[]> {
  let before = '';
  let since = performance.now();
  for (;;) {
    const behind = watchers.filter((watcher) => !watcher.has(end));
    const progress = behind.map((watcher) => watcher.progress()).join('; ');
    if (behind.length === 0) return [];
    if (progress !== before) since = performance.now();
    if (performance.now() - since > PATIENCE_MS) return [{ kind: 'nothing comes any more', text: `the last write is ${end}: ${progress}` }];
    before = progress;
    await sleep(20);
  }
}

const together = (all: readonly Found[]): Found => ({
  stretches: all.flatMap(({ stretches }) => stretches),
  snapshots: all.flatMap(({ snapshots }) => snapshots),
  sightings: all.flatMap(({ sightings }) => sightings),
});

function start(job: Job) {
  const counts: Counts = {
    connections: 0,
    resumedAtLast: 0,
    resumedEarlier: 0,
    relists: 0,
    streamedLists: 0,
    bookmarks: 0,
    gone: 0,
    interrupted: 0,
    throttled: 0,
    unavailable: 0,
    broken: 0,
    lists: 0,
    pagedLists: 0,
    exactLists: 0,
  };
  const history = createHistory(job.start);
  const running = new AbortController();
  let before = job.start;
  let problems: Problem[] = [];
  // What came after the last round's end, and writes whose answers were lost and that nobody has seen yet.
  let held: Found = { stretches: [], snapshots: [], sightings: [] };
  const unsettled = { deletions: new Map(), values: new Map() } satisfies Unconfirmed;
  const depsOf = (who: string, n: number) => {
    const random = randomOf(job.seed * 7919 + n * 104_729);
    return { who, random, counts, wire: createWire(job, random, counts), problem: (problem: Problem) => void problems.push(problem) };
  };
  // A quarter each watches by label, and never begins anew.
  const watchers = Array.from({ length: job.watchers }, (_, n) =>
    createWatcher({ ...depsOf(`watcher ${n}`, n), selection: n % 4 === 3 ? 'even' : 'all' }, { faithful: n % 4 === 0 }),
  );
  const listers = Array.from({ length: job.listers }, (_, n) => createLister(depsOf(`lister ${n}`, job.watchers + n)));
  for (const client of [...watchers, ...listers]) {
    client.run(running.signal).catch((error: unknown) => problems.push({ kind: 'a client ended', text: String(error) }));
  }

  return async ({ confirmed, deletions, values, end, problems: writersProblems }: Written): Promise<Verified> => {
    problems.push(...writersProblems, ...(await caughtUp(watchers, end)));
    const { now, later } = splitAt(together([held, ...[...watchers, ...listers].map((client) => client.take())]), end);
    held = later;
    for (const [uid, deletion] of deletions) unsettled.deletions.set(uid, deletion);
    for (const [value, write] of values) unsettled.values.set(value, write);
    // What was of an earlier round was settled then.
    const sightings = now.sightings.filter(({ rv }) => rv > before);
    const { writes, problems: strangers } = completed(confirmed, unsettled, sightings);
    for (const { type, uid, value } of writes) {
      if (type === 'DELETED') unsettled.deletions.delete(uid);
      else unsettled.values.delete(value);
    }
    before = end;
    problems.push(...strangers, ...history.add(writes, end).map((text) => ({ kind: 'cannot have happened', text }) as const));
    const { stretches, snapshots } = now;
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
