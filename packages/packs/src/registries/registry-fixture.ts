import { sha256Hex } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import { MEDIA } from './media-types.ts';

const digestOf = (body: Buffer): string => `sha256:${sha256Hex(body)}`;

export interface MemoryRegistry extends Pick<Outbound, 'fetch'> {
  readonly asked: string[];
  /** Paths that answer with a status. */
  readonly broken: Map<string, number>;
  onAsked: ((path: string) => void) | undefined;
  referrersApi: boolean;
  tag(repository: string, tag: string, body: Buffer): void;
  copyTag(repository: string, from: string, to: string): void;
  referrersIndex(repository: string, digest: string): Buffer;
}

/** An OCI registry in memory, with faults on request: what the real one cannot be made to do. The real one is tested in apps/hub. */
export function memoryRegistry(): MemoryRegistry {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Map<string, Buffer>>();
  const of = (repository: string): Map<string, Buffer> =>
    manifests.get(repository) ?? manifests.set(repository, new Map()).get(repository) ?? new Map();
  const asked: string[] = [];
  const broken = new Map<string, number>();
  const registry: MemoryRegistry = {
    asked,
    /** Paths that answer with a status. */
    broken,
    onAsked: undefined,
    referrersApi: false,
    tag(repository, tag, body) {
      of(repository).set(tag, body);
      of(repository).set(digestOf(body), body);
    },
    copyTag(repository, from, to) {
      of(repository).set(to, of(repository).get(from) ?? Buffer.alloc(0));
    },
    referrersIndex(repository, digest) {
      const found = [...of(repository)].filter(
        ([name, body]) => name.startsWith('sha256:') && body.includes(`"subject":{"mediaType":"${MEDIA.manifest}","digest":"${digest}"`),
      );
      const descriptors = found.map(([name, body]) => ({
        mediaType: MEDIA.manifest,
        digest: name,
        size: body.length,
        artifactType: (JSON.parse(body.toString()) as { config: { mediaType: string } }).config.mediaType,
      }));
      return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.index, manifests: descriptors }));
    },
    async fetch(given, request = {}) {
      const url = new URL(given);
      const { method = 'GET', body } = request;
      registry.asked.push(`${method} ${url.pathname}`);
      const status = registry.broken.get(url.pathname);
      const answer = status === undefined ? handle(method, url, body as Uint8Array | undefined) : new Response('', { status });
      registry.onAsked?.(url.pathname);
      return Object.defineProperty(answer, 'url', { value: url.href });
    },
  };
  function handle(method: string, url: URL, body: Uint8Array | undefined): Response {
    const [, repository = '', about = '', rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const data = Buffer.from(body ?? []);
    if (about === 'tags') return Response.json({ tags: [...of(repository).keys()].filter((name) => !name.startsWith('sha256:')) });
    if (about === 'referrers')
      return registry.referrersApi
        ? new Response(new Uint8Array(registry.referrersIndex(repository, rest)))
        : new Response('', { status: 404 });
    if (about === 'blobs' && method === 'POST')
      return new Response('', { status: 202, headers: { location: `/v2/${repository}/blobs/uploads/1` } });
    if (about === 'blobs' && method === 'PUT') {
      blobs.set(digestOf(data), data);
      return new Response('', { status: 201 });
    }
    if (about === 'manifests' && method === 'PUT') {
      registry.tag(repository, rest, data);
      return new Response('', { status: 201 });
    }
    const found = about === 'blobs' ? blobs.get(rest) : of(repository).get(rest);
    if (found === undefined) return new Response('', { status: 404 });
    const headers = { 'docker-content-digest': digestOf(found) };
    return new Response(method === 'HEAD' ? null : new Uint8Array(found), { headers });
  }
  return registry;
}
