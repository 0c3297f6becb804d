import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ApiClient, createApiClient } from '@slipway/api';
import { clusterKind, type NewObject } from '@slipway/model';
import type { Page } from 'playwright-core';
import { openBrowser } from '../../test/console/console-world.ts';
import { type Figure, median, percentile, table } from '../stats.ts';
import { startDemoHub, type DemoHub } from './demo-hub.ts';
import { filterMs, forgetTasks, heapMiB, noted, noting, shownAt } from './watch-page.ts';

const CLUSTERS = 5000;
const LOADS = 5;
const CHANGES = 15;
/** An hour of a change every one and a half seconds; a quick run does a quarter of it. */
const HOUR = process.argv.includes('quick') ? 600 : 2400;
const LIST = '/clusters/list?sort=name';

const demo = await startDemoHub(CLUSTERS);
const browser = await openBrowser(demo);
const client = createApiClient({ server: demo.url, ca: demo.ca, token: demo.token, userAgent: 'slipway-bench' });
const load = loadavg()[0] ?? 0;
const figures: Figure[] = [];
try {
  figures.push(...(await firstScreen(demo)), ...(await list(demo, client)));
} finally {
  client.close();
  await browser.close();
  await demo.stop();
}
console.log(table(figures));
await keep();
process.exit(figures.some(({ aim, values }) => aim !== undefined && median(values) > aim) ? 1 : 0);

/** Loads of the list with nothing remembered by the browser but who is signed in. */
async function firstScreen({ url }: DemoHub): Promise<Figure[]> {
  const visit = await browser.visit('/clusters/overview');
  const state = await visit.context.storageState();
  await visit.context.close();
  const [script, interactive, heading, rows]: number[][] = [[], [], [], []];
  for (let run = 0; run < LOADS; run++) {
    const { page, context } = await browser.visit(undefined, { storageState: state });
    await noting(page);
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    const scripts = new Set<string>();
    session.on('Network.responseReceived', ({ requestId, type }) => void (type === 'Script' && scripts.add(requestId)));
    session.on(
      'Network.loadingFinished',
      ({ requestId, encodedDataLength }) => void (scripts.has(requestId) && (bytes += encodedDataLength)),
    );
    const begun = performance.now();
    await page.goto(`${url}/console${LIST}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    // It answers the keyboard: that is interactive.
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    interactive?.push((performance.now() - begun) / 1000);
    script?.push(bytes / 1024);
    await page.waitForFunction(() => (globalThis as any).__noted.rows !== undefined);
    const notes = await noted(page);
    heading?.push((notes.heading ?? Number.NaN) / 1000);
    rows?.push((notes.rows ?? Number.NaN) / 1000);
    await context.close();
  }
  return [
    { name: 'script of the first screen, packed', values: script ?? [], unit: 'KiB', aim: 250 },
    { name: 'navigation → title', values: heading ?? [], unit: 's' },
    { name: 'navigation → it answers the keyboard', values: interactive ?? [], unit: 's', aim: 2 },
    { name: `navigation → first rows of ${CLUSTERS}`, values: rows ?? [], unit: 's', aim: 1 },
  ];
}

async function list({ url }: DemoHub, hub: ApiClient): Promise<Figure[]> {
  const { page, context } = await browser.visit('/clusters/overview');
  await noting(page);
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  const begun = performance.now();
  await page.goto(`${url}/console${LIST}`);
  await page.locator('[data-row]').first().waitFor();
  await page.getByText(/so far…$/).waitFor({ state: 'detached' });
  const whole = (performance.now() - begun) / 1000;
  const filters: number[] = [];
  for (const text of ['store-1', 'eu-west', 'plant us', 'canary', 'v1.36', 'region=ap-south prod', 'pay', 'zzz', 'data 1.2', 'lab-1']) {
    filters.push(await filterMs(page, text));
    filters.push(await filterMs(page, ''));
  }
  const scrolling = await scrolled(page);
  const seen = await changesSeen(page, hub);
  const heap = await anHour(page, hub, () => heapMiB(session));
  await context.close();
  return [
    { name: `navigation → all ${CLUSTERS} are in the page`, values: [whole], unit: 's' },
    { name: 'filter: text typed → other rows', values: filters, unit: 'ms', aim: 500 },
    { name: 'longest task while scrolling through all', values: [scrolling], unit: 'ms', aim: 200 },
    { name: 'change in the hub → on the screen', values: seen, unit: 'ms', aim: 1000 },
    ...heap,
  ];
}

/** Down through all rows and up again; 0 when no task was longer than the 50 ms that browsers tell. */
async function scrolled(page: Page): Promise<number> {
  await forgetTasks(page);
  await page.locator('[data-row]').first().hover();
  const STEPS = 120;
  for (let step = 0; step < STEPS; step++) await page.mouse.wheel(0, (step < STEPS / 2 ? 1 : -1) * ((CLUSTERS * 40) / (STEPS / 2)));
  await page.waitForFunction(() => (globalThis as any).document.querySelector('[data-row="0"]') !== null);
  return Math.max(0, ...(await noted(page)).long.map(({ ms }) => ms));
}

/** Clusters made one after another, each at the top of the list: from the moment before the request to the row. */
async function changesSeen(page: Page, hub: ApiClient): Promise<number[]> {
  const took: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const name = `aaa-${String(CHANGES - change).padStart(3, '0')}`;
    const shown = shownAt(page, name);
    const spec = clusterKind.spec.parse({ profile: { name: 'starter', version: '1.0.0' }, paused: true });
    const begun = Date.now();
    await hub.create(clusterKind, { metadata: { name, namespace: 'default' }, spec } as unknown as NewObject);
    took.push((await shown) - begun);
  }
  return took;
}

/** As many changes as an hour of the demo's weather has, as fast as the hub takes them; the heap after each sixth of them. */
async function anHour(page: Page, hub: ApiClient, heap: () => Promise<number>): Promise<Figure[]> {
  const listed = await hub.list(clusterKind, { project: 'stores' });
  // The same ones again and again, as weather has it: what is kept of them must not add up.
  const items = listed.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).slice(0, HOUR / 6);
  const heaps = [await heap()];
  let count = 0;
  const SIXTHS = 6;
  for (let part = 1; part <= SIXTHS; part++) {
    const worker = async (): Promise<void> => {
      while (count < (HOUR * part) / SIXTHS) {
        const { name } = items[count % items.length]!.metadata;
        const churn = String(count++);
        await hub.patch({ kind: clusterKind, project: 'stores', name }, { metadata: { labels: { churn } } });
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    // The last change is in the page too.
    await page.waitForTimeout(1000);
    heaps.push(await heap());
  }
  const grown = ((heaps.at(-1) ?? 0) / (heaps[1] ?? 1) - 1) * 100;
  return [
    { name: `heap with all of them, over ${HOUR} changes`, values: heaps, unit: 'MiB' },
    { name: 'heap at the end, over that after a sixth', values: [Math.max(0, grown)], unit: '%', aim: 10 },
  ];
}

async function keep(): Promise<void> {
  const commit = (await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname })).stdout.trim();
  const at = new Date().toISOString();
  const results = join(import.meta.dirname, '../results');
  await mkdir(results, { recursive: true });
  const kept = figures.map(({ name, values, unit, aim }) => ({
    name,
    unit,
    aim,
    n: values.length,
    median: median(values),
    p99: percentile(values, 99),
    values,
  }));
  const machine = { cores: cpus().length, load };
  const text = JSON.stringify({ at, commit, clusters: CLUSTERS, machine, demoReadySeconds: demo.seconds, figures: kept }, null, 2);
  await writeFile(join(results, `console-${at.slice(0, 10)}.json`), `${text}\n`);
  console.log(`demo ready after ${demo.seconds.toFixed(1)} s; load ${load.toFixed(1)} on ${machine.cores} cores`);
}
