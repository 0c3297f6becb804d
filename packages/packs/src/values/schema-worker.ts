import { parentPort } from 'node:worker_threads';
import { checkPrepared } from './check-prepared.ts';

/** What `checkValues` sends and gets. */
export interface CheckRequest {
  readonly id: number;
  readonly schema: unknown;
  readonly values: unknown;
}
export type CheckAnswer = { readonly id: number } & (ReturnType<typeof checkPrepared> | { readonly failed: string });

/** `ready` once, before any answer: requests are looked at from then on. */
export type WorkerMessage = CheckAnswer | 'ready';

// Schemas of others are worked on here, and only here: a thread can be ended in the middle of a regular expression.
parentPort?.on('message', ({ id, schema, values }: CheckRequest) => {
  let answer: CheckAnswer;
  try {
    answer = { id, ...checkPrepared(schema, values) };
  } catch (error) {
    answer = {
      id,
      failed: error instanceof RangeError ? 'it refers to itself without end' : (String((error as Error).message).split('\n')[0] ?? ''),
    };
  }
  parentPort?.postMessage(answer);
});

parentPort?.postMessage('ready' satisfies WorkerMessage);
