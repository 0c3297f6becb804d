import type { Transport } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { type ClusterRef, inCluster } from '../hub/in-cluster.ts';
import { createLogBuffer, type LogLine } from './log-buffer.ts';
import { follows, isBeyond, type LogChoice, logQuery } from './log-query.ts';

export interface LogSnapshot {
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly state: 'loading' | 'live' | 'again' | 'ended' | 'failed';
  readonly error?: SlipwayError;
}

export interface PodRef extends ClusterRef {
  readonly namespace: string;
  readonly pod: string;
}

const FLUSH_MS = 100;
const AGAIN_MS = 2000;
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

  const publish = (state: LogSnapshot['state'], error?: SlipwayError): void => {
    clearTimeout(flushing);
    flushing = undefined;
    now = { lines: buffer.lines(), dropped: buffer.dropped(), state, ...(error === undefined ? {} : { error }) };
    for (const listener of listeners) listener();
  };

  async function read(signal: AbortSignal): Promise<void> {
    buffer.resumed();
    const query = logQuery(choice, buffer.lastTime());
    const lines = transport.lines(`${podPath(pod)}/log`, { signal, query, headers: { accept: '*/*' } });
    let begun = false;
    for await (const line of lines) {
      if (isBeyond(choice, line.slice(0, line.indexOf(' ')))) return;
      buffer.add(line);
      if (!begun) publish('live');
      begun = true;
      flushing ??= setTimeout(() => publish('live'), FLUSH_MS);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await read(signal);
        if (signal.aborted) return;
        if (!follows(choice) || (await hasEnded(transport, pod, signal))) return publish('ended');
        publish('again');
      } catch (error) {
        if (signal.aborted) return;
        const told = error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));
        if (FINAL.has(told.code)) return publish(buffer.lastTime() === undefined ? 'failed' : 'ended', told);
        publish('again', told);
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
      publish(now.state);
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

/** A followed log ends with its container, or with the connection: only the pod says which. */
async function hasEnded(transport: Transport, pod: PodRef, signal: AbortSignal): Promise<boolean> {
  const text = await transport.text(podPath(pod), { signal });
  const { status } = JSON.parse(text) as { status?: { phase?: string } };
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
