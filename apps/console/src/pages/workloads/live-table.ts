import type { Transport } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { type ClusterRef, inCluster } from '../../hub/in-cluster.ts';
import { collectionOf, selectionOf, type WorkloadQuery } from './kinds.ts';
import { columnsOf, type KubeTable, rowsOf, type WorkloadRow } from './table-rows.ts';

export interface TableSnapshot {
  readonly rows: readonly WorkloadRow[];
  readonly state: 'loading' | 'live' | 'again' | 'failed';
  readonly error?: SlipwayError;
}

export interface LiveTable {
  subscribe(listener: () => void): () => void;
  snapshot(): TableSnapshot;
  start(): () => void;
}

const PAGE = 1000;
const FLUSH_MS = 200;
const AGAIN_MS = 3000;
const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/**
 * A list inside a cluster, as its own API server prints it, kept by a watch. Runs only while somebody looks: it is one of the six connections that a browser has to a
 * host, and one of those through the cluster's tunnel.
 */
export function createLiveTable(transport: Transport, cluster: ClusterRef, query: WorkloadQuery): LiveTable {
  const path = inCluster(cluster, collectionOf(query));
  const rows = new Map<string, WorkloadRow>();
  const listeners = new Set<() => void>();
  let columns: readonly string[] = [];
  let now: TableSnapshot = { rows: [], state: 'loading' };
  let flushing: ReturnType<typeof setTimeout> | undefined;

  const publish = (state: TableSnapshot['state'], error?: SlipwayError): void => {
    now = { rows: [...rows.values()], state, ...(error === undefined ? {} : { error }) };
    for (const listener of listeners) listener();
  };
  const soon = (): void => {
    flushing ??= setTimeout(() => {
      flushing = undefined;
      publish('live');
    }, FLUSH_MS);
  };

  async function list(signal: AbortSignal): Promise<string> {
    const seen: WorkloadRow[] = [];
    let more: string | undefined;
    let version = '';
    do {
      const text = await transport.text(path, {
        signal,
        headers: { accept: ACCEPT },
        query: { ...selectionOf(query), limit: String(PAGE), continue: more },
      });
      const table = JSON.parse(text) as KubeTable;
      columns = columnsOf(table);
      seen.push(...rowsOf(table, columns));
      version = table.metadata?.resourceVersion ?? '';
      more = table.metadata?.continue || undefined;
    } while (more !== undefined);
    rows.clear();
    for (const row of seen) rows.set(row.uid, row);
    publish('live');
    return version;
  }

  async function watch(version: string, signal: AbortSignal): Promise<void> {
    const lines = transport.lines(path, {
      signal,
      headers: { accept: ACCEPT },
      query: { ...selectionOf(query), watch: 'true', resourceVersion: version, allowWatchBookmarks: 'true' },
    });
    for await (const line of lines) {
      if (line === '') continue;
      const event = JSON.parse(line) as { type: string; object: KubeTable & { message?: string } };
      // Too old to go on from, or the server ends it: the list is asked for anew.
      if (event.type === 'ERROR') return;
      if (event.type === 'BOOKMARK') continue;
      if (columnsOf(event.object).length > 0) columns = columnsOf(event.object);
      for (const row of rowsOf(event.object, columns)) {
        if (event.type === 'DELETED') rows.delete(row.uid);
        else rows.set(row.uid, row);
      }
      soon();
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await watch(await list(signal), signal);
      } catch (error) {
        if (signal.aborted) return;
        const told = error instanceof SlipwayError ? error : new SlipwayError('Internal', messageOf(error));
        publish(rows.size === 0 ? 'failed' : 'again', told);
        if (told.code === 'Forbidden' || told.code === 'Unauthorized' || told.code === 'NotFound') return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, AGAIN_MS);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => now,
    start() {
      let running: AbortController | undefined;
      const look = (): void => {
        if (document.hidden) {
          running?.abort();
          running = undefined;
        } else if (running === undefined) {
          running = new AbortController();
          void run(running.signal);
        }
      };
      document.addEventListener('visibilitychange', look);
      look();
      return () => {
        document.removeEventListener('visibilitychange', look);
        clearTimeout(flushing);
        flushing = undefined;
        running?.abort();
      };
    },
  };
}
