import { startHelper } from '../helper.ts';
import { resident } from '../process-use.ts';
import type { RunningHubs } from './hubs.ts';
import { COLLECTION } from './objects.ts';
import type { Job, Verified, Written } from './watchers.ts';
import { type Summary, summaryOf } from './problems.ts';
import { createWire, randomOf, type Refusals } from './wire.ts';
import { createWriters } from './writers.ts';

export interface EventsSize {
  /** Events to be delivered and compared at least. */
  readonly events: number;
  /** Rounds at least: in the first a hub is killed, in the second the database is cut off, in the third a hub again. */
  readonly rounds: number;
  readonly watchers: number;
  readonly listers: number;
  readonly objects: number;
  readonly writesPerRound: number;
  readonly seed: number;
  /** No new round after so long; then there were fewer events. */
  readonly minutes: number;
}

export interface EventsResult {
  readonly events: number;
  readonly writes: number;
  readonly attempts: number;
  readonly conflicts: number;
  readonly unconfirmed: number;
  readonly snapshots: number;
  readonly objectsInSnapshots: number;
  readonly restarts: number;
  /** How often all connections to the database were cut at once. */
  readonly cuts: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly counts: Verified['counts'];
  /** MiB after each round. */
  readonly hubMemory: readonly number[];
  readonly watchersMemory: readonly number[];
  /** Answers "too many" and "not now" to the writers; those to the others are among `counts`. */
  readonly refusals: Refusals;
  readonly problems: Summary;
}

const revisionOf = async (hubs: RunningHubs): Promise<number> => {
  const wire = createWire(hubs, randomOf(1), { throttled: 0, unavailable: 0 });
  const { body } = await wire.call(`${COLLECTION}?limit=1`);
  wire.close();
  return Number((body as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
};

/** What happens in the middle of a round: in every second a hub is killed, each in its turn, then stopped, each in its turn; in the others the hubs lose their database. */
function createDisturbances({ servers, restart, cutDatabase }: RunningHubs) {
  const counts = { restarts: 0, cuts: 0 };
  return {
    counts,
    async disturb(round: number): Promise<void> {
      if (round % 2 === 0) {
        const nth = counts.restarts++;
        return restart(nth % servers.length, Math.floor(nth / servers.length) % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      }
      if (cutDatabase === undefined) return undefined;
      counts.cuts++;
      return cutDatabase();
    },
  };
}

/** Rounds of writes beside watchers, listers and restarts, until so many events are compared, the time is over, or something was wrong. */
export async function runEvents(hubs: RunningHubs, size: EventsSize, said: (text: string) => void): Promise<EventsResult> {
  const { servers, ca, token } = hubs;
  const { seed, watchers, listers, objects } = size;
  const writers = createWriters(hubs, { objects, seed });
  const helper = startHelper<object>('events/watchers.ts', {
    servers,
    ca,
    token,
    seed,
    watchers,
    listers,
    start: await revisionOf(hubs),
  } satisfies Job);
  await helper.line();
  const began = performance.now();
  const sum = { events: 0, writes: 0, attempts: 0, conflicts: 0, unconfirmed: 0, snapshots: 0, objectsInSnapshots: 0 };
  const hubMemory: number[] = [];
  const watchersMemory: number[] = [];
  let last: Verified | undefined;
  let rounds = 0;
  const disturbances = createDisturbances(hubs);
  const isOver = () => performance.now() - began > size.minutes * 60_000;
  try {
    while ((sum.events < size.events || rounds < size.rounds) && (last?.problems.length ?? 0) === 0 && !isOver()) {
      const round = rounds++;
      const disturb = () => disturbances.disturb(round);
      const { attempts, conflicts, broken: _broken, ...written } = await writers.round(size.writesPerRound, disturb);
      helper.say(written satisfies Written);
      last = JSON.parse(await helper.line()) as Verified;
      sum.attempts += attempts;
      sum.conflicts += conflicts;
      for (const key of ['events', 'writes', 'unconfirmed', 'snapshots', 'objectsInSnapshots'] as const) sum[key] += last[key];
      hubMemory.push(Math.round(await hubs.memory()));
      watchersMemory.push(Math.round(await resident(helper.pid)));
      said(
        `round ${rounds}: ${sum.events} events compared, ${sum.writes} writes, ${sum.snapshots} lists; hub ${hubMemory.at(-1)} MiB, watchers ${watchersMemory.at(-1)} MiB`,
      );
    }
  } finally {
    writers.close();
    await helper.stop();
  }
  const { counts, problems } = last as Verified;
  const seconds = Math.round((performance.now() - began) / 1000);
  return {
    ...sum,
    ...disturbances.counts,
    rounds,
    seconds,
    counts,
    refusals: writers.refusals,
    hubMemory,
    watchersMemory,
    problems: summaryOf(problems),
  };
}
