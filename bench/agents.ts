/**
 * How long a change takes to reach a fleet: the link as a hub serves it, and agents with the link's own client over TLS, in a few processes. `npm run bench -- agents` (10,000 agents; `-- agents 1000` for
 * fewer; `-- agents postgres` on the database that SLIPWAY_TEST_DATABASE_URL names). Not in it: the controllers, which decide what a plan holds, and what a real agent does with it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '@slipway/kit';
import { percentile } from './stats.ts';

const AGENTS = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 10_000);
const ENGINE = process.argv.includes('postgres') ? 'postgres' : 'pglite';
const SWARMS = 4;
const ROUNDS = 3;
const PATIENCE_MS = 300_000;

/** A program of this folder in a process of its own, that is told and answers in lines of JSON, often. */
function start(file: string, job: object) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'agents', file)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const say = (what: object | string): void => void child.stdin.write(`${typeof what === 'string' ? what : JSON.stringify(what)}\n`);
  const hear = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done) throw new Error(`${file} ended early`);
    return JSON.parse(line.value) as T;
  };
  say(job);
  return {
    say,
    hear,
    async stop() {
      say('stop');
      await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, 20_000))]);
      child.kill('SIGKILL');
    },
  };
}

interface Published {
  readonly from: number;
  readonly to: number;
  readonly cpuSeconds: number;
  readonly rss: number;
  readonly bytes: number;
}
interface Pulled {
  readonly latencies: number[];
  readonly refused: number;
  readonly retried: number;
  readonly rss: number;
}

const hub = start('hub.ts', { agents: AGENTS, engine: ENGINE });
const swarms: ReturnType<typeof start>[] = [];
try {
  const { url, ca, tokens } = await hub.hear<{ url: string; ca: string; tokens: string[] }>();
  const joining = Date.now();
  for (let index = 0; index < SWARMS; index += 1)
    swarms.push(start('swarm.ts', { url, ca, tokens: tokens.filter((_, at) => at % SWARMS === index) }));
  const joined = await Promise.all(swarms.map((swarm) => swarm.hear<{ joined: number; rss: number }>()));
  const count = joined.reduce((sum, one) => sum + one.joined, 0);
  console.log(`${count} of ${AGENTS} agents joined in ${((Date.now() - joining) / 1000).toFixed(1)} s`);
  const rounds = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    // All at once, as one change of a profile that every cluster uses does it.
    hub.say({ publish: round });
    const since = Date.now();
    for (const swarm of swarms) swarm.say({ since, patienceMs: PATIENCE_MS });
    const [published, pulled] = await Promise.all([hub.hear<Published>(), Promise.all(swarms.map((swarm) => swarm.hear<Pulled>()))]);
    const latencies = pulled.flatMap((one) => one.latencies);
    rounds.push({
      agents: AGENTS,
      pulled: latencies.length,
      refused: pulled.reduce((sum, one) => sum + one.refused, 0),
      retried: pulled.reduce((sum, one) => sum + one.retried, 0),
      planBytes: published.bytes,
      publishSeconds: (published.to - published.from) / 1000,
      p50Seconds: percentile(latencies, 50) / 1000,
      p99Seconds: percentile(latencies, 99) / 1000,
      allSeconds: latencies.reduce((most, one) => Math.max(most, one), 0) / 1000,
      hubCpuSeconds: published.cpuSeconds,
      hubMiB: Math.round(published.rss / 2 ** 20),
      agentsMiB: Math.round(pulled.reduce((sum, one) => sum + one.rss, 0) / 2 ** 20),
    });
    console.log(JSON.stringify(rounds.at(-1)));
  }
  const commit = (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname })).stdout.trim();
  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const at = new Date().toISOString();
  await writeFile(
    join(results, `agents-${ENGINE}-${at.slice(0, 10)}.json`),
    `${JSON.stringify({ at, commit, engine: ENGINE, rounds }, null, 2)}\n`,
  );
  if (count !== AGENTS || rounds.some(({ pulled, refused }) => pulled !== AGENTS || refused > 0)) process.exitCode = 1;
} finally {
  await Promise.all(swarms.map((swarm) => swarm.stop()));
  await hub.stop();
}
