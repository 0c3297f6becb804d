/**
 * The hub's API on both databases beside a kube-apiserver with etcd that has a CustomResourceDefinition of the same schema: the same objects, requests and order, one
 * after the other on this machine. `npm run bench -- api`, or `-- api quick` with a fifth of objects and watchers, or SLIPWAY_BENCH_OBJECTS of them; `kubernetes`, `postgres`, `pglite` choose. Kept are runs of all.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@slipway/kit';
import { API_VERSION } from '@slipway/model';
import { startHelper } from '../helper.ts';
import { percentile } from '../stats.ts';
import { type BenchClient, createBenchClient } from './client.ts';
import { useTestTools } from '../test-tools.ts';
import { startHub, startKubernetes, type Target } from './targets.ts';
import type { Seen } from './watchers.ts';

const quick = process.argv.includes('quick');
const OBJECTS = Number(process.env.SLIPWAY_BENCH_OBJECTS ?? (quick ? 10_000 : 50_000));
const PARTS = Math.max(1, Math.floor(OBJECTS / 500));
/** Objects of the first part. */
const IN_PART = Math.ceil(OBJECTS / PARTS);
const SAMPLES = quick ? 200 : 500;
const WATCHERS = quick ? 200 : 1000;
const WRITES_PER_SECOND = 200;
const WATCH_SECONDS = quick ? 5 : 20;
/** A kind of request takes so long at most, loading the objects so long. */
const PHASE_MS = 120_000;
const LEAST_SAMPLES = 20;
const LOAD_MS = 20 * 60_000;

/** A kind of which no controller makes more than what is asked here: one that writes its status would make the hub do what the kube-apiserver does not. */
const collection = `/apis/${API_VERSION}/maintenancepolicies`;
const SENT = 'bench.slipway.dev/sent';
const object = (name: string, part: number) => ({
  apiVersion: API_VERSION,
  kind: 'MaintenancePolicy',
  metadata: { name, labels: { part: `p${part}`, team: `t${part % 7}`, env: part % 2 === 0 ? 'prod' : 'dev' } },
  spec: { description: `Nights of ${name}`, windows: [{ name: 'night', start: '0 22 * * SAT', durationMinutes: 240 }] },
});

interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'MiB' | '/s';
  readonly p50: number;
  readonly p99?: number;
  /** CPU of the API server and its database for one request, in ms. */
  readonly cpu?: number;
}

function show(row: Row | undefined): string {
  if (row === undefined) return '';
  const tail = row.p99 === undefined ? '' : ` / ${row.p99.toFixed(1)}`;
  return `${row.p50.toFixed(1)}${tail} ${row.unit}${row.cpu === undefined ? '' : ` (${row.cpu.toFixed(1)})`}`;
}

const said = (text: string) => console.error(`- ${text}`);

/** One after the other; fewer on a machine that is busy, so that a bench of three APIs ends. */
async function each(count: number, run: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + PHASE_MS;
  for (let i = 0; i < count && (i < LEAST_SAMPLES || performance.now() < end); i++) {
    const start = performance.now();
    await run(i);
    took.push(performance.now() - start);
  }
  return took;
}

async function load(client: BenchClient, count: number): Promise<number> {
  const start = performance.now();
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < count; i = next++) {
      await client.call('POST', collection, object(`r-${i}`, i % PARTS));
      if (i > 0 && i % 10_000 === 0) said(`  ${i} of ${count}`);
      if (performance.now() - start > LOAD_MS) throw new Error(`only ${i} of ${count} objects were made in ${LOAD_MS / 60_000} minutes`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return (count / (performance.now() - start)) * 1000;
}

async function measure(target: Target): Promise<Row[]> {
  const client = createBenchClient(target, 16);
  const rows: Row[] = [];
  /** `requests`: how many there were, where not every time is of a request of its own. */
  const timed = async (what: string, took: () => Promise<readonly number[]>, requests?: number) => {
    const before = await target.cpu();
    const values = await took();
    const row = {
      what,
      unit: 'ms' as const,
      p50: percentile(values, 50),
      p99: percentile(values, 99),
      cpu: ((await target.cpu()) - before) / (requests ?? values.length),
    };
    rows.push(row);
    said(`${target.name}: ${what}: ${show(row)}`);
  };
  const memory = async (when: string) => {
    const { api, database } = await target.memory();
    rows.push(
      { what: `memory ${when}: API server`, unit: 'MiB', p50: api },
      { what: `memory ${when}: database`, unit: 'MiB', p50: database },
    );
    said(`${target.name}: memory ${when}: ${api.toFixed(0)} MiB, database ${database.toFixed(0)} MiB`);
  };
  await sleep(5000);
  await memory('empty');
  said(`${target.name}: ${OBJECTS} objects`);
  rows.push({ what: `create, 16 at a time`, unit: '/s', p50: await load(client, OBJECTS) });
  await memory(`with ${OBJECTS} objects`);
  const part = (i: number) => `p${(i * 7) % PARTS}`;
  await each(20, (i) => client.call('GET', `${collection}?labelSelector=part%3D${part(i)}`));
  const checked = JSON.parse((await client.call('GET', `${collection}?labelSelector=part%3Dp0`)).body.toString('utf8')) as {
    items: object[];
  };
  if (checked.items.length !== IN_PART) throw new Error(`a list with a selector has ${checked.items.length} objects, not ${IN_PART}`);
  await timed(`list ${IN_PART} of ${OBJECTS} by label`, () =>
    each(SAMPLES / 5, (i) => client.call('GET', `${collection}?labelSelector=part%3D${part(i)}`)),
  );
  await timed(`list a page of 500 of ${OBJECTS}`, () => each(SAMPLES / 5, () => client.call('GET', `${collection}?limit=500`)));
  await timed('get', () => each(SAMPLES, (i) => client.call('GET', `${collection}/r-${(i * 37) % OBJECTS}`)));
  await timed('create', () => each(SAMPLES, (i) => client.call('POST', collection, object(`new-${i}`, i % PARTS))));
  await timed('patch', () =>
    each(SAMPLES, (i) =>
      client.call(
        'PATCH',
        `${collection}/r-${(i * 41) % OBJECTS}`,
        { metadata: { annotations: { n: String(i) } } },
        'application/merge-patch+json',
      ),
    ),
  );
  // Each watcher sees its own part, as a controller of one project does; then every watcher sees every write.
  const own = Array.from({ length: WATCHERS }, (_, i) => `labelSelector=part%3D${part(i)}&`);
  await timed(
    `${WATCHERS} watchers of a part each, ${WRITES_PER_SECOND} writes/s`,
    () => watching(target, client, own, WRITES_PER_SECOND),
    WRITES_PER_SECOND * WATCH_SECONDS,
  );
  await memory(`after ${WATCHERS} watchers`);
  const all = Array.from({ length: WATCHERS }, () => '');
  await timed(
    `${WATCHERS} watchers of everything, ${WRITES_PER_SECOND / 10} writes/s`,
    () => watching(target, client, all, WRITES_PER_SECOND / 10),
    (WRITES_PER_SECOND / 10) * WATCH_SECONDS,
  );
  client.close();
  return rows;
}

/** Milliseconds from sending a write to its event, at a tenth of the watchers (at most 50). */
async function watching(target: Target, client: BenchClient, selectors: readonly string[], perSecond: number): Promise<number[]> {
  const { resourceVersion } = (
    JSON.parse((await client.call('GET', `${collection}?limit=1`)).body.toString('utf8')) as { metadata: { resourceVersion: string } }
  ).metadata;
  const paths = selectors.map((selector) => `${collection}?${selector}watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=600`);
  const { server, ca, token } = target;
  const watchers = startHelper<Seen>('api/watchers.ts', { server, ca, token, paths, timed: Math.min(50, selectors.length / 10) });
  if ((await watchers.line()) !== 'ready') throw new Error('the watchers did not come up');
  const start = performance.now();
  const total = perSecond * WATCH_SECONDS;
  const writes: Promise<unknown>[] = [];
  for (let i = 0; i < total; i++) {
    await sleep(Math.max(0, start + (i * 1000) / perSecond - performance.now()));
    const sent = String(performance.timeOrigin + performance.now());
    const patch = { metadata: { annotations: { [SENT]: sent } } };
    writes.push(client.call('PATCH', `${collection}/r-${(i * 13) % OBJECTS}`, patch, 'application/merge-patch+json'));
  }
  await Promise.all(writes);
  const wrote = (performance.now() - start) / 1000;
  await sleep(3000);
  const seen = await watchers.stop();
  said(`  ${total} writes in ${wrote.toFixed(1)} s, ${seen.events} events at ${selectors.length} watchers, ${seen.lost} watches lost`);
  if (seen.latencies.length === 0) throw new Error('no watcher saw an event');
  if (seen.lost > 0) throw new Error(`${seen.lost} watches ended early`);
  return seen.latencies;
}

const all = { kubernetes: startKubernetes, postgres: () => startHub('PostgreSQL'), pglite: () => startHub('PGlite') };
const chosen = Object.entries(all).filter(([name]) => process.argv.includes(name));
const starters = (chosen.length === 0 ? Object.entries(all) : chosen).map(([, start]) => start);
const results: { target: string; load: number[]; rows: Row[] }[] = [];
await useTestTools();
for (const start of starters) {
  const target = await start();
  const interrupt = () => void target.stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  // What else the machine did meanwhile: clock times are to be read beside it.
  const load: number[] = [];
  const sampling = setInterval(() => load.push(loadavg()[0] ?? 0), 15_000);
  try {
    const rows = await measure(target);
    results.push({ target: target.name, load, rows });
    for (const row of rows) said(`  ${target.name}: ${row.what}: ${show(row)}`);
  } finally {
    clearInterval(sampling);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await target.stop();
  }
}
const [first] = results;
console.log(['| p50 / p99 (CPU of a request)', ...results.map(({ target }) => target)].join(' | '), '|');
console.log(`|${' --- |'.repeat(results.length + 1)}`);
for (const { what } of first?.rows ?? []) {
  console.log(['', what, ...results.map(({ rows }) => show(rows.find((row) => row.what === what)))].join(' | ').trim(), '|');
}
const when = new Date().toISOString();
const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 2 ** 30), load: loadavg() };
await mkdir(join(import.meta.dirname, '../results'), { recursive: true });
const kept = join(import.meta.dirname, `../results/api-${when.slice(0, 10)}${quick ? '-quick' : ''}.json`);
if (chosen.length === 0) await writeFile(kept, `${JSON.stringify({ when, machine, results }, undefined, 2)}\n`);
