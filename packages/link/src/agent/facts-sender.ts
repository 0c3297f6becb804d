import { backoff, type Logger, messageOf, seconds, sleep } from '@slipway/kit';
import type { Facts } from '@slipway/model';
import { type HubClient, refusalOf } from './hub-client.ts';

export interface FactsSenderDeps {
  readonly client: HubClient;
  readonly credential: () => string | undefined;
  readonly onUnauthorized: () => void;
  readonly logger: Logger;
  readonly random?: () => number;
}

/** Posts facts until the hub has them; only the newest are kept. */
export interface FactsSender {
  post(facts: Facts): void;
  /** Tries at once: the hub is back. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
}

export function createFactsSender(deps: FactsSenderDeps): FactsSender {
  let pending: Facts | undefined;
  let nudge: (() => void) | undefined;
  let failures = 0;

  /** Waits for a nudge, or at most `ms`. */
  const rest = (signal: AbortSignal, ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        nudge = undefined;
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      nudge = done;
    });

  const sendOne = async (facts: Facts, signal: AbortSignal): Promise<'done' | { retryMs: number }> => {
    const credential = deps.credential();
    const later = () => ({
      retryMs: backoff(failures++, { baseMs: 500, maxMs: seconds(30), ...(deps.random ? { random: deps.random } : {}) }),
    });
    if (credential === undefined) return later();
    try {
      const answer = await deps.client.send('/facts', { method: 'POST', json: facts, credential, maxBytes: 64 * 1024, signal });
      if (answer.status < 300) return 'done';
      if (answer.status === 401) deps.onUnauthorized();
      if (answer.status === 429) return { retryMs: seconds(Number(answer.headers['retry-after']) || 1) };
      if (answer.status === 413 || answer.status === 422 || answer.status === 403) {
        // Sending the same again cannot help; the next facts may differ.
        deps.logger.error({ status: answer.status, said: refusalOf(answer) }, 'the hub refused facts');
        return 'done';
      }
      return later();
    } catch (error) {
      if (!signal.aborted) deps.logger.debug({ why: messageOf(error) }, 'facts wait for the hub');
      return later();
    }
  };

  return {
    post: (facts) => {
      pending = facts;
      // While the hub fails, new facts wait for their turn with the old ones: a change does not undo the backoff.
      if (failures === 0) nudge?.();
    },
    wake: () => {
      failures = 0;
      nudge?.();
    },
    run: async (signal) => {
      while (!signal.aborted) {
        const facts = pending;
        if (facts === undefined) {
          await rest(signal);
          continue;
        }
        const outcome = await sendOne(facts, signal);
        if (outcome === 'done') {
          failures = 0;
          if (pending === facts) pending = undefined;
          // Bursts of changes become one message.
          await sleep(50, signal).catch(() => undefined);
        } else if (!signal.aborted) {
          await rest(signal, outcome.retryMs);
        }
      }
    },
  };
}
