import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, minutes, type Logger } from '@slipway/kit';
import { z } from 'zod';
import { CATALOGUE } from './catalogue.ts';
import type { Piece } from './piece.ts';
import type { Artifact, Toolchain } from './toolchain.ts';

/** Host part of the names of images that only this toolchain has. */
const IMAGE_HOST = 'slipway.dev';

export interface ImageServerDeps {
  readonly toolchain: Pick<Toolchain, 'ensure' | 'find'>;
  readonly logger: Logger;
  /** Ends what is being made. */
  readonly signal: AbortSignal;
  readonly catalogue?: readonly Piece[];
  /** Layouts of a piece that are to be had as well, whatever the checkout makes of it by now: an agent that was rolled out is pulled by the name it had then. */
  readonly kept?: (piece: string) => readonly string[];
  /** How long a pull is kept waiting for an image that is being made before it is told to come again. */
  readonly patienceMs?: number;
}

/** Longer than any image takes on a quiet machine: a kubelet that is refused waits up to five minutes before it asks again. */
const PATIENCE_MS = minutes(4);

const NAME = /^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const indexSchema = z.object({
  manifests: z.array(
    z.object({
      digest: z.string().regex(DIGEST),
      mediaType: z.string(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/**
 * The pull half of the OCI distribution protocol over the toolchain's own images, for the containerd of local machines: `slipway.dev/postgresql:15-1` is made when
 * the first machine asks for it, and nobody else has to know which images a cluster uses. Read-only; serves nothing but images of the catalogue.
 */
export function createImageServer(deps: ImageServerDeps): RequestListener {
  const { toolchain, logger, signal, patienceMs = PATIENCE_MS } = deps;
  const pieces = piecesByRepository(deps.catalogue ?? CATALOGUE);
  const making = new Map<string, Promise<Artifact>>();

  /** Made once however many ask; a failure is forgotten, so that the next pull tries again. */
  function make(piece: string): Promise<Artifact> {
    const running = making.get(piece);
    if (running) return running;
    logger.info({ piece }, 'an image is made because a machine pulls it');
    const started = toolchain.ensure([piece], { signal }).then((made) => {
      const artifact = made.get(piece);
      if (!artifact) throw new TypeError(`the toolchain did not give ${piece}`);
      return artifact;
    });
    making.set(piece, started);
    const settled = () => void making.delete(piece);
    started.then(settled, (error: unknown) => {
      settled();
      if (!signal.aborted) logger.warn({ piece, error: messageOf(error) }, 'an image could not be made');
    });
    return started;
  }

  async function artifactOf(piece: string): Promise<Artifact> {
    const found = await toolchain.find(piece);
    return found ?? patient(make(piece), piece, patienceMs);
  }

  /** What was served once: the blobs of a manifest are there as long as it takes, and no source is read again for each. */
  const served = new Map<string, Set<string>>();

  /** Layouts that may hold it, those first that are known already; the last has the image made if need be. */
  async function* layouts(repository: string): AsyncGenerator<string> {
    const named = pieces.get(repository) ?? [];
    for (const piece of named) yield* new Set([...(deps.kept?.(piece) ?? []), ...(served.get(piece) ?? [])]);
    for (const piece of named) {
      const { path } = await artifactOf(piece);
      served.set(piece, (served.get(piece) ?? new Set()).add(path));
      yield path;
    }
  }

  async function manifest(repository: string, reference: string): Promise<Answer> {
    const name = `${IMAGE_HOST}/${repository}:${reference}`;
    for await (const layout of layouts(repository)) {
      const text = await readFile(join(layout, 'index.json'), 'utf8').catch(() => undefined);
      // One that was known may have been cleared away since.
      if (text === undefined) continue;
      const { manifests } = indexSchema.parse(JSON.parse(text));
      const wanted = manifests.find(({ digest, annotations }) =>
        DIGEST.test(reference) ? digest === reference : annotations?.['io.containerd.image.name'] === name,
      );
      if (wanted) return { file: blobPath(layout, wanted.digest), type: wanted.mediaType, digest: wanted.digest };
    }
    throw new Refusal(404, 'MANIFEST_UNKNOWN', `${IMAGE_HOST}/${repository} has no ${reference} here.`);
  }

  async function blob(repository: string, digest: string): Promise<Answer> {
    for await (const layout of layouts(repository)) {
      const file = blobPath(layout, digest);
      if (await stat(file).catch(() => undefined)) return { file, type: 'application/octet-stream', digest };
    }
    throw new Refusal(404, 'BLOB_UNKNOWN', `${IMAGE_HOST}/${repository} has no blob ${digest}.`);
  }

  async function answer(request: IncomingMessage): Promise<Answer | undefined> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal(405, 'UNSUPPORTED', 'This registry is read-only.');
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    if (pathname === '/v2' || pathname === '/v2/') return undefined;
    const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (!NAME.test(repository) || !pieces.has(repository)) throw new Refusal(404, 'NAME_UNKNOWN', 'There is no such image here.');
    if (kind === 'manifests' && (TAG.test(reference) || DIGEST.test(reference))) return manifest(repository, reference);
    if (kind === 'blobs' && DIGEST.test(reference)) return blob(repository, reference);
    throw new Refusal(400, 'DIGEST_INVALID', 'The reference is neither a tag nor a digest.');
  }

  return (request, response) => {
    answer(request).then(
      (found) =>
        send(request, response, found).catch((error: unknown) => void response.destroy(error instanceof Error ? error : undefined)),
      (error: unknown) => refuse(response, error),
    );
  };
}

interface Answer {
  readonly file: string;
  readonly type: string;
  readonly digest: string;
}

/** An answer that is not an image, in the words of the distribution protocol. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const blobPath = (layout: string, digest: string): string => join(layout, 'blobs', ...digest.split(':'));

/** Pieces by the repository of their images, without the host: `postgresql` → `image/postgresql`. */
function piecesByRepository(catalogue: readonly Piece[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, recipe } of catalogue) {
    const repositories =
      recipe.type === 'image' ? recipe.images.flatMap((image) => image.names) : recipe.type === 'program-image' ? [recipe.repository] : [];
    for (const image of new Set(repositories.map((full) => full.replace(/:[^/]*$/, '')))) {
      if (!image.startsWith(`${IMAGE_HOST}/`)) continue;
      const repository = image.slice(IMAGE_HOST.length + 1);
      found.set(repository, [...(found.get(repository) ?? []), name]);
    }
  }
  return found;
}

/** The result, or a refusal that asks to come again when it takes too long. It goes on being made either way. */
async function patient(result: Promise<Artifact>, piece: string, ms: number): Promise<Artifact> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Refusal(503, 'UNAVAILABLE', `${piece} is still being made.`)), ms);
  try {
    return await Promise.race([result, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(request: IncomingMessage, response: ServerResponse, found: Answer | undefined): Promise<void> {
  if (!found) {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    return;
  }
  const { size } = await stat(found.file);
  response.writeHead(200, { 'content-type': found.type, 'content-length': size, 'docker-content-digest': found.digest });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(found.file), response);
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code } = error instanceof Refusal ? error : { status: 503, code: 'UNAVAILABLE' };
  const body = JSON.stringify({ errors: [{ code, message: messageOf(error) }] });
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '10' }) }).end(body);
}
