import { parentPort, workerData } from 'node:worker_threads';
import { Random } from './random.ts';
import { isRefusal, targets } from './targets.ts';

export interface FuzzJob {
  readonly seed: number;
  readonly from: number;
  readonly inputs: number;
  readonly only: string | undefined;
  /** Number of the input that is worked on, and its length. */
  readonly progress: SharedArrayBuffer;
  /** The input itself: whoever waits for us can keep it when we do not come back. */
  readonly input: SharedArrayBuffer;
}

export interface FuzzResult {
  readonly counts: Readonly<Record<string, { inputs: number; refused: number }>>;
  readonly failure?: { readonly target: string; readonly input: number; readonly message: string };
}

/** Which target an input is for: by its number, so that the same number is the same input whatever else runs. */
export const targetOf = (random: Random): (typeof targets)[number] => {
  const total = targets.reduce((sum, { share }) => sum + share, 0);
  let at = random.below(total);
  return targets.find(({ share }) => (at -= share) < 0) ?? (targets[0] as (typeof targets)[number]);
};

async function work({ seed, from, inputs, only, progress, input }: FuzzJob): Promise<FuzzResult> {
  const counts = Object.fromEntries(targets.map(({ name }) => [name, { inputs: 0, refused: 0 }]));
  const [state, shared] = [new Int32Array(progress), new Uint8Array(input)];
  for (let number = from; number < from + inputs; number += 1) {
    const random = new Random(seed, number);
    const target = targetOf(random);
    if (only !== undefined && target.name !== only) continue;
    const bytes = target.make(random);
    shared.set(bytes.subarray(0, shared.length));
    Atomics.store(state, 1, Math.min(bytes.length, shared.length));
    Atomics.store(state, 0, number + 1);
    const count = counts[target.name] ?? { inputs: 0, refused: 0 };
    count.inputs += 1;
    try {
      await target.run(bytes);
    } catch (error) {
      if (!isRefusal(error))
        return {
          counts,
          failure: { target: target.name, input: number, message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
        };
      count.refused += 1;
    }
  }
  return { counts };
}

if (parentPort) {
  const port = parentPort;
  void work(workerData as FuzzJob).then((result) => port.postMessage(result));
}
