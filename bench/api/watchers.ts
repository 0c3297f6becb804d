/**
 * Watchers in a process of their own, so that they do not take the writer's time: `node watchers.ts` with a job on standard input (JSON). It opens the watches, says
 * `ready`, and when told `stop` prints what it saw as JSON. Latency is from the time that a write carries in its annotation `sent` to the moment its event is
 * parsed here.
 */
import { request, Agent } from 'node:https';
import { createInterface } from 'node:readline';

interface Job {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** One watch each. */
  readonly paths: readonly string[];
  /** Watchers whose events are timed; of the others only bytes and lines are counted. */
  readonly timed: number;
}

export interface Seen {
  readonly latencies: number[];
  /** Events of every watcher together. */
  readonly events: number;
  /** Watches that ended before they were told to. */
  readonly lost: number;
}

const latencies: number[] = [];
let events = 0;
let lost = 0;
let stopping = false;
const NEWLINE = 10;
const SENT = /"bench\.slipway\.dev\/sent":"([\d.]+)"/;

function open(job: Job, agent: Agent, path: string, timed: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${job.token}`, accept: 'application/json' };
    const outgoing = request(`${job.server}${path}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path}: ${response.statusCode}`));
      resolve();
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        if (!timed) {
          for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) events++;
          return;
        }
        const now = performance.timeOrigin + performance.now();
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          events++;
          const sent = SENT.exec(line)?.[1];
          if (sent !== undefined) latencies.push(now - Number(sent));
        }
      });
      response.once('close', () => (lost += stopping ? 0 : 1));
    });
    outgoing.once('error', (error) => (stopping ? undefined : reject(error)));
    outgoing.end();
  });
}

const lines = createInterface({ input: process.stdin });
let agent: Agent | undefined;
for await (const line of lines) {
  if (line === 'stop') break;
  const job = JSON.parse(line) as Job;
  agent = new Agent({ ca: job.ca, keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  for (let at = 0; at < job.paths.length; at += 25) {
    const some = job.paths.slice(at, at + 25);
    await Promise.all(some.map((path, index) => open(job, agent as Agent, path, at + index < job.timed)));
  }
  process.stdout.write('ready\n');
}
stopping = true;
process.stdout.write(`${JSON.stringify({ latencies, events, lost } satisfies Seen)}\n`, () => process.exit(0));
