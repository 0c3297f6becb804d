import { canonicalJson } from '@slipway/kit';
import type { AgentLink } from '@slipway/link';
import type { Facts } from '@slipway/model';

/** Changes within this time become one message. */
const DEBOUNCE_MS = 80;

export interface FactsReporter {
  /** Something may have changed: facts are built and posted soon, if they differ from what was posted last. */
  changed(): void;
  stop(): void;
}

/**
 * Posts facts on change, at most one message per `DEBOUNCE_MS`; the link keeps the newest until the hub has it. When the link connects they are posted
 * even if nothing changed: a hub that comes back may have lost what it knew.
 */
export function createFactsReporter(
  build: () => Facts | undefined,
  link: Pick<AgentLink, 'postFacts' | 'onConnected'>,
  debounceMs = DEBOUNCE_MS,
): FactsReporter {
  let timer: NodeJS.Timeout | undefined;
  let last = '';
  let stopped = false;
  const send = () => {
    timer = undefined;
    const facts = build();
    if (facts === undefined) return;
    const text = canonicalJson(facts);
    if (text === last) return;
    last = text;
    link.postFacts(facts);
  };
  const changed = () => {
    if (!stopped) timer ??= setTimeout(send, debounceMs);
  };
  link.onConnected(() => {
    last = '';
    changed();
  });
  return {
    changed,
    stop() {
      stopped = true;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
