/**
 * Whether watches skip, repeat or reorder anything, or a list mixes two states: 32 writers, many watchers that lose their connections, and hubs that are killed, until a million events
 * were delivered and compared, on each database. `npm run bench -- events`; `quick` for a twentieth, `postgres` or `pglite` for one database, `SLIPWAY_BENCH_SEED` for the choices of
 * an earlier run, `SLIPWAY_BENCH_MINUTES` to end sooner.
 */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../apps/cli/src/testing/postgres.ts';
import { startHubs } from './hubs.ts';
import { type EventsResult, runEvents } from './run.ts';
import { WRITERS } from './writers.ts';

const quick = process.argv.includes('quick');
const seed = Number(process.env.SLIPWAY_BENCH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const size = {
  events: quick ? 50_000 : 1_000_000,
  rounds: 4,
  watchers: 96,
  listers: 6,
  objects: 96,
  writesPerRound: quick ? 300 : 1000,
  minutes: Number(process.env.SLIPWAY_BENCH_MINUTES ?? 60),
  seed,
};
const said = (text: string) => console.error(`- ${text}`);
const io = { say: said } as Parameters<typeof startPostgres>[0]['io'];

async function onPglite(): Promise<EventsResult> {
  const hubs = await startHubs(undefined, 1);
  return runEvents(hubs, size, said).finally(() => hubs.stop());
}

async function onPostgres(): Promise<EventsResult> {
  const postgres = await startPostgres({ env: process.env, io, signal: AbortSignal.timeout(600_000) });
  try {
    const hubs = await startHubs(postgres.url, 2);
    return await runEvents(hubs, size, said).finally(() => hubs.stop());
  } finally {
    await postgres.stop();
  }
}

const isClean = ({ problems }: EventsResult): boolean => problems.examples.length === 0;

const all = { pglite: onPglite, postgres: onPostgres };
const chosen = Object.entries(all).filter(([name]) => process.argv.includes(name));
const results: Record<string, EventsResult> = {};
for (const [name, run] of chosen.length === 0 ? Object.entries(all) : chosen) {
  said(`${name}: ${size.watchers} watchers, ${WRITERS} writers, ${size.listers} listers, seed ${seed}`);
  const result = await run();
  results[name] = result;
  const { events, writes, seconds, snapshots, restarts, cuts, counts, problems } = result;
  console.log(
    `${name}: ${events} events compared (${writes} writes), ${counts.connections} connections, ${snapshots} lists, ${counts.gone} times gone, ${restarts} hubs killed or stopped, ${cuts} times without the database, ${seconds} s: ${isClean(result) ? 'none skipped, repeated, reordered or mixed' : 'problems'}`,
  );
  for (const [kind, count] of Object.entries(problems.counts)) console.log(`  ${count} × ${kind}`);
  for (const problem of problems.examples) console.log(`    ${problem}`);
}
const when = new Date().toISOString();
const name = ['events', when.slice(0, 10), ...chosen.map(([engine]) => engine), ...(quick ? ['quick'] : [])].join('-');
await writeFile(
  join(import.meta.dirname, `../results/${name}.json`),
  `${JSON.stringify({ when, size, load: loadavg(), results }, undefined, 2)}\n`,
);
if (!Object.values(results).every(isClean)) process.exitCode = 1;
