/**
 * A flood from a process of its own, so that who measures beside it does not wait for it: a job on standard input (JSON), `stop` ends it, and it prints how many answers and refusals
 * it had.
 */
import { createInterface } from 'node:readline';
import { createBenchClient } from './api/client.ts';

interface Job {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  readonly connections: number;
  /** Asked in turn by every connection, without a pause. */
  readonly paths: readonly string[];
}

export interface Flooded {
  readonly answered: number;
  readonly refused: number;
}

let answered = 0;
let refused = 0;
const stopping = new AbortController();
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') break;
  const job = JSON.parse(line) as Job;
  const client = createBenchClient(job, job.connections);
  const flood = async (first: number) => {
    for (let n = first; !stopping.signal.aborted; n++) {
      await client.call('GET', job.paths[n % job.paths.length] ?? '').then(
        () => (answered += 1),
        () => (refused += 1),
      );
    }
  };
  for (let n = 0; n < job.connections; n++) void flood(n);
}
stopping.abort();
process.stdout.write(`${JSON.stringify({ answered, refused } satisfies Flooded)}\n`, () => process.exit(0));
