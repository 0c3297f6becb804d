import { messageOf, SlipwayError } from '@slipway/kit/errors';

export interface BulkResult<T> {
  readonly item: T;
  readonly state: 'waiting' | 'done' | 'failed' | 'left-out';
  readonly message?: string;
}

const AT_ONCE = 4;
const TRIES = 6;
const WAIT_S = 1;

/**
 * Does something to each of many, a few at a time, and says of each what came of it: one that is refused does not keep the others from their turn. A hub that asks to slow down is waited for.
 */
export async function runBulk<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
  told: (index: number, result: BulkResult<T>) => void,
  wait: (seconds: number) => Promise<void> = pause,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index] as T;
      told(index, { item, ...(await outcome(() => act(item), wait)) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function outcome(
  act: () => Promise<unknown>,
  wait: (seconds: number) => Promise<void>,
): Promise<{ state: 'done' | 'failed'; message?: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act();
      return { state: 'done' };
    } catch (error) {
      const slower = error instanceof SlipwayError && error.code === 'TooManyRequests' && attempt < TRIES;
      if (!slower) return { state: 'failed', message: messageOf(error) };
      await wait(error.retryAfter ?? WAIT_S);
    }
  }
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
