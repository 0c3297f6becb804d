import type { ServerResponse } from 'node:http';
import type { ApiObject, Kind, ListQuery, ObjectStore, WatchEvent } from '@slipway/model';
import { statusOf } from './errors.ts';
import { type IncludeObject, partialMetadata, type Representation, tableOf } from './table.ts';

export interface WatchRequest {
  readonly query: ListQuery;
  /** Empty: whatever is there first, then changes. */
  readonly resourceVersion: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly as: Representation;
  readonly include: IncludeObject;
  /** Called when what it starts with is read: from then on it costs what changes cost. */
  readonly listed: () => void;
  /** Called before the first byte: until then an error is answered as any other, from then on in the stream. */
  readonly begins: () => void;
}

export interface WatchDeps {
  readonly store: ObjectStore;
  readonly now: () => number;
  /** Ends every watch when the hub stops. */
  readonly stopping: AbortSignal;
}

/** How objects of a kind are shown: other views of the same objects (core/v1 Namespace) differ here only. */
export interface WatchView {
  readonly kind: Pick<Kind, 'kind' | 'columns'>;
  readonly apiVersion: string;
  readonly object: (object: ApiObject) => ApiObject;
}

// One watcher's JSON of an event is every watcher's.
const serialized = new WeakMap<ApiObject, string>();

/** Streams a watch as JSON lines until it times out, the client goes, or the log no longer reaches back. */
export async function streamWatch(deps: WatchDeps, view: WatchView, request: WatchRequest, response: ServerResponse): Promise<void> {
  const ended = new AbortController();
  const stop = () => ended.abort();
  const timer = setTimeout(stop, request.timeoutMs);
  response.on('close', stop);
  deps.stopping.addEventListener('abort', stop, { once: true });
  const encode = encoder(deps, view, request);
  const send = (line: string): Promise<void> | undefined => {
    gather(response);
    return response.write(line) ? undefined : drained(response);
  };
  const begin = () => {
    if (response.headersSent) return;
    request.begins();
    response.writeHead(200, { 'content-type': 'application/json;stream=watch', 'cache-control': 'no-cache, private' });
  };
  try {
    let { resourceVersion } = request;
    const initial = request.sendInitialEvents ?? (resourceVersion === '' || resourceVersion === '0');
    if (initial || resourceVersion === '' || resourceVersion === '0') {
      const list = await deps.store.list(request.query);
      resourceVersion = list.resourceVersion;
      request.listed();
      begin();
      for (const object of initial ? list.items : []) await send(encode({ type: 'ADDED', object }));
      if (request.sendInitialEvents === true && request.bookmarks) await send(encode({ type: 'BOOKMARK', resourceVersion }, true));
    }
    request.listed();
    const events = deps.store.watch(request.query, resourceVersion, ended.signal);
    // Headers go out before the first event, which may be long in coming; a version that is too old is told in the stream, as Kubernetes does.
    begin();
    response.flushHeaders();
    for await (const event of events) {
      if (event.type === 'BOOKMARK' && !request.bookmarks) continue;
      await send(encode(event));
    }
  } catch (error) {
    if (!response.headersSent) throw error;
    if (!ended.signal.aborted) response.write(`${JSON.stringify({ type: 'ERROR', object: statusOf(error) })}\n`);
  } finally {
    clearTimeout(timer);
    deps.stopping.removeEventListener('abort', stop);
    ended.abort();
    // Before the end: Node would send what is gathered after the last chunk, into the next answer on the connection.
    release(response);
    if (response.headersSent) response.end();
  }
}

/** What is written in this turn goes out together: a thousand watchers of a busy kind cost a thousand writes a turn, not a thousand an event. */
export function gather(response: ServerResponse): void {
  if (response.writableCorked > 0) return;
  response.cork();
  setImmediate(() => release(response));
}

export function release(response: ServerResponse): void {
  if (response.writableCorked > 0) response.uncork();
}

/** Waits until a slow client has taken what was written; the store's own buffer is bounded, so this is the only queue. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed || !response.writableNeedDrain) done();
  });
}

function encoder(deps: WatchDeps, view: WatchView, request: WatchRequest): (event: WatchEvent, initialEnd?: boolean) => string {
  let columnsSent = false;
  const table = (object: ApiObject, metadata: object) => {
    const full = tableOf(view.kind, [object], { metadata, include: request.include, now: deps.now() });
    const shown = columnsSent ? { ...full, columnDefinitions: null } : full;
    columnsSent = true;
    return shown;
  };
  return (event, initialEnd = false) => {
    if (event.type === 'BOOKMARK') {
      const metadata = {
        resourceVersion: event.resourceVersion,
        creationTimestamp: null,
        ...(initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
      };
      const asMetadata =
        request.as === 'metadata'
          ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
          : { kind: view.kind.kind, apiVersion: view.apiVersion };
      return `${JSON.stringify({ type: 'BOOKMARK', object: { ...asMetadata, metadata } })}\n`;
    }
    const object = view.object(event.object);
    if (request.as === 'table') {
      return `${JSON.stringify({ type: event.type, object: table(object, { resourceVersion: object.metadata.resourceVersion }) })}\n`;
    }
    if (request.as === 'metadata') return `${JSON.stringify({ type: event.type, object: partialMetadata(object) })}\n`;
    return `{"type":"${event.type}","object":${textOf(object)}}\n`;
  };
}

export function textOf(object: ApiObject): string {
  let text = serialized.get(object);
  if (text === undefined) serialized.set(object, (text = JSON.stringify(object)));
  return text;
}
