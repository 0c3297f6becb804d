import type { Transport } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { type ClusterRef, inCluster } from '../hub/in-cluster.ts';
import { createLogBuffer, type LogLine } from './log-buffer.ts';
import { follows, isBeyond, type LogChoice, logQuery } from './log-query.ts';
import { containerNow, goneError, type PodStatus, readPrevious, saysGone } from './previous-log.ts';

export interface LogSnapshot {
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly state: 'loading' | 'live' | 'again' | 'ended' | 'failed';
  readonly error?: SlipwayError;
  /** Of what was asked for as the previous container: it is the last one that ended, and none runs now. */
  readonly lastEnded?: boolean;
  /** Of `again`: nothing broke, the container ended and its next one has not begun. */
  readonly between?: boolean;
}

type Outcome = 'ended' | 'previous' | 'last-ended' | 'between' | 'broken';

export interface PodRef extends ClusterRef {
  readonly namespace: string;
  readonly pod: string;
}

const FLUSH_MS = 100;
const AGAIN_MS = 2000;
/** A container that is gone is asked for so often: the kubelet's own knowledge is a little behind its runtime's. */
const MOST_TRIES = 5;
/** The container is asked for, or has not started: said by the API server with these codes, and another try does not help. */
const FINAL = new Set(['BadRequest', 'Forbidden', 'Unauthorized', 'NotFound', 'Invalid']);

export const podPath = ({ namespace, pod, ...cluster }: PodRef): string =>
  inCluster(cluster, `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`);

/** The log of one container as it grows. What breaks off goes on from the last line; nothing is shown twice, and what is held is bounded. */
export function createLogFollow(transport: Transport, pod: PodRef, choice: LogChoice) {
  const buffer = createLogBuffer();
  const listeners = new Set<() => void>();
  let now: LogSnapshot = { lines: [], dropped: 0, state: 'loading' };
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;

  const publish = (state: LogSnapshot['state'], more: Pick<LogSnapshot, 'error' | 'lastEnded' | 'between'> = {}): void => {
    clearTimeout(flushing);
    flushing = undefined;
    now = { ...more, lines: buffer.lines(), dropped: buffer.dropped(), state };
    for (const listener of listeners) listener();
  };

  async function read(wanted: LogChoice, signal: AbortSignal): Promise<void> {
    buffer.resumed();
    const query = logQuery(wanted, buffer.lastTime());
    const lines = transport.lines(`${podPath(pod)}/log`, { signal, query, headers: { accept: '*/*' } });
    let begun = false;
    for await (const line of lines) {
      if (saysGone(line)) throw goneError();
      if (isBeyond(choice, line.slice(0, line.indexOf(' ')))) return;
      buffer.add(line);
      if (!begun) publish('live');
      begun = true;
      flushing ??= setTimeout(() => publish('live'), FLUSH_MS);
    }
  }

  const status = async (signal: AbortSignal): Promise<PodStatus | undefined> =>
    (JSON.parse(await transport.text(podPath(pod), { signal })) as { status?: PodStatus }).status;

  /** A followed log ends with its container, or with the connection: only the pod says which. */
  async function forward(signal: AbortSignal): Promise<Outcome> {
    await read(choice, signal);
    if (signal.aborted || !follows(choice)) return 'ended';
    const now = await status(signal);
    if (now?.phase === 'Succeeded' || now?.phase === 'Failed') return 'ended';
    return containerNow(now, choice.container).word === 'running' ? 'broken' : 'between';
  }

  async function back(signal: AbortSignal): Promise<Outcome> {
    const outcome = await readPrevious({
      read: (previous) => {
        buffer.clear();
        return read({ ...choice, previous, follow: false }, signal);
      },
      look: async () => containerNow(await status(signal), choice.container),
    });
    if (outcome !== 'again') return outcome;
    tries += 1;
    if (tries >= MOST_TRIES) throw new SlipwayError('NotFound', goneError().message);
    return 'broken';
  }

  async function run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        const outcome = await (choice.previous ? back(signal) : forward(signal));
        if (signal.aborted) return;
        if (outcome !== 'between' && outcome !== 'broken') return publish('ended', { lastEnded: outcome === 'last-ended' });
        publish('again', { between: outcome === 'between' });
      } catch (error) {
        if (signal.aborted) return;
        const told = error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));
        if (FINAL.has(told.code)) return publish(buffer.lastTime() === undefined ? 'failed' : 'ended', { error: told });
        publish('again', { error: told });
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, AGAIN_MS);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
      if (signal.aborted) return;
    }
  }

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: (): LogSnapshot => now,
    /** Empties what is shown; the stream goes on. */
    clear(): void {
      buffer.clear();
      publish(now.state, now);
    },
    start(): () => void {
      const running = new AbortController();
      void run(running.signal);
      return () => {
        clearTimeout(flushing);
        flushing = undefined;
        running.abort();
      };
    },
  };
}
