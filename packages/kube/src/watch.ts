import type { IncomingMessage } from 'node:http';
import { SlipwayError, backoff, messageOf, sleep } from '@slipway/kit';
import { kubeError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { KindRef, KubeObject, KubeWatchEvent, WatchOptions } from './types.ts';

/** Servers send a bookmark about every minute when asked: a watch silent for longer than this is dead, whatever TCP thinks. */
const SILENCE_MS = 100_000;
const PAGE = 500;

interface ListAnswer {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: KubeObject[] | null;
}

interface StreamEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & { readonly code?: number };
}

/** What is remembered of each object, to tell news from repetition and to name what vanished between two lists. */
interface Known {
  readonly metadata: { name: string; namespace?: string; uid?: string; labels?: Record<string, string> };
  readonly resourceVersion: string;
}

export interface WatchTarget {
  readonly transport: Transport;
  /** Collection path, resolved anew before every list since discovery may change. */
  readonly path: () => Promise<string>;
  readonly kind: KindRef;
  readonly options: WatchOptions;
  readonly silenceMs?: number;
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

const acceptFor = (metadataOnly: boolean | undefined, what: 'PartialObjectMetadata' | 'PartialObjectMetadataList') =>
  metadataOnly ? { accept: `application/json;as=${what};g=meta.k8s.io;v=v1` } : {};

/** Lines of a watch stream, parsed. Ends when the server ends the stream; throws when it breaks or stays silent. */
async function* eventsOf(response: IncomingMessage, silenceMs: number): AsyncGenerator<StreamEvent> {
  let rest: Buffer[] = [];
  const silence = setTimeout(() => response.destroy(new SlipwayError('Timeout', 'The watch went silent.')), silenceMs);
  try {
    for await (const data of response) {
      silence.refresh();
      let chunk = data as Buffer;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10)) {
        const line = rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
        rest = [];
        chunk = chunk.subarray(end + 1);
        if (line.length > 0) yield JSON.parse(line.toString('utf8')) as StreamEvent;
      }
      if (chunk.length > 0) rest.push(chunk);
    }
  } finally {
    clearTimeout(silence);
    response.destroy();
  }
}

/**
 * List + watch that heals itself; see `KubeClient.watch`. Only what is needed to notice changes is remembered per object, so memory is bounded by
 * what exists. The objects of synthetic DELETED events carry metadata only.
 */
export async function runWatch<T extends KubeObject>(
  target: WatchTarget,
  onEvent: (event: KubeWatchEvent<T>) => void,
  signal: AbortSignal,
): Promise<void> {
  const { options, kind, transport } = target;
  const known = new Map<string, Known>();
  const selectors = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };

  const emit = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) => {
    // Items of lists carry no type, and metadata-only ones a wrong one.
    object.apiVersion = kind.apiVersion;
    object.kind = kind.kind;
    onEvent({ type, object: object as T });
  };
  const gone = (key: string, was: Known) => {
    known.delete(key);
    emit('DELETED', { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { ...was.metadata, resourceVersion: was.resourceVersion } });
  };

  function seen(object: KubeObject): void {
    const key = keyOf(object);
    const was = known.get(key);
    const resourceVersion = object.metadata.resourceVersion ?? '';
    if (was !== undefined && was.resourceVersion === resourceVersion) return;
    if (was !== undefined && was.metadata.uid !== object.metadata.uid) gone(key, was);
    const { name, namespace, uid, labels } = object.metadata;
    const type = known.has(key) ? 'MODIFIED' : 'ADDED';
    known.set(key, {
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(labels === undefined ? {} : { labels }),
      },
      resourceVersion,
    });
    emit(type, object);
  }

  /** Lists page by page, each page handed on before the next is asked for. Gives the version to watch from. */
  async function listAll(): Promise<string> {
    const path = await target.path();
    const present = new Set<string>();
    let next: string | undefined;
    for (;;) {
      const page: ListAnswer = await transport.request(path, {
        query: { ...selectors, limit: String(PAGE), continue: next },
        headers: acceptFor(options.metadataOnly, 'PartialObjectMetadataList'),
        signal,
      });
      for (const item of page.items ?? []) {
        present.add(keyOf(item));
        seen(item);
      }
      next = page.metadata.continue || undefined;
      if (next !== undefined) continue;
      for (const [key, was] of known) if (!present.has(key)) gone(key, was);
      options.onSynced?.();
      return page.metadata.resourceVersion ?? '';
    }
  }

  function handle(event: StreamEvent): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'ERROR') throw kubeError(event.object.code ?? 500, JSON.stringify(event.object), 'watch');
    if (event.type !== 'DELETED') return seen(event.object);
    known.delete(keyOf(event.object));
    emit('DELETED', event.object);
  }

  /** Follows one stream to its ordinary end; gives the version to go on from. */
  async function follow(from: string): Promise<string> {
    const path = await target.path();
    const response = await transport.open(path, {
      query: {
        ...selectors,
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: from,
        timeoutSeconds: String(300 + Math.floor(Math.random() * 300)),
      },
      headers: acceptFor(options.metadataOnly, 'PartialObjectMetadata'),
      signal,
      stream: true,
    });
    if (response.statusCode !== 200) {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      throw kubeError(response.statusCode ?? 500, Buffer.concat(chunks).toString('utf8'), `watch ${path}`);
    }
    let version = from;
    for await (const event of eventsOf(response, target.silenceMs ?? SILENCE_MS)) {
      handle(event);
      version = event.object.metadata.resourceVersion ?? version;
    }
    return version;
  }

  for (let failures = 0; !signal.aborted;) {
    try {
      let version = await listAll();
      failures = 0;
      for (;;) version = await follow(version);
    } catch (error) {
      if (signal.aborted) return;
      const expired = error instanceof SlipwayError && error.code === 'Gone';
      if (!expired)
        options.onError?.(
          error instanceof SlipwayError
            ? error
            : new SlipwayError('Unavailable', `The watch of ${kind.kind} broke: ${messageOf(error)}.`, { cause: error }),
        );
      await sleep(backoff(failures++, { baseMs: 200, maxMs: 15_000 }), signal).catch(() => undefined);
    }
  }
}
