import { sha256Hex, SlipwayError } from '@slipway/kit';
import type { RegistryCredentials } from '@slipway/model';
import { z } from 'zod';
import { type Asked, type Asker, type AskOptions, refusedBy } from './ask.ts';
import { MEDIA } from './media-types.ts';
import { createOciAuth, jsonOf } from './oci-auth.ts';

const MANIFEST_BYTES = 4 * 1024 * 1024;
/** Pages of a list; with the default page of most registries that is a hundred thousand names. */
const PAGES = 100;
const NAMES = 20_000;

/** Names as the OCI distribution specification has them. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const isRepository = (text: string): boolean => text.length <= 255 && REPOSITORY.test(text);
export const digestOf = (body: Buffer): string => `sha256:${sha256Hex(body)}`;

const descriptorSchema = z.object({
  mediaType: z.string(),
  /** Checked where it is used. */
  digest: z.string().max(200),
  size: z.number().int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const manifestSchema = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).max(1000).default([]),
  subject: descriptorSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

const indexSchema = z.object({ manifests: z.array(descriptorSchema).max(10_000) });
const tagsSchema = z.object({ tags: z.array(z.string()).nullable().default([]) });
const catalogSchema = z.object({ repositories: z.array(z.string()).nullable().default([]) });

export interface FetchedManifest {
  /** Computed here, from what came. */
  readonly digest: string;
  readonly body: Buffer;
  readonly manifest: Manifest;
}

export interface OciClient {
  readonly from: string;
  /** By tag or digest; undefined when there is none. */
  manifest(repository: string, reference: string): Promise<FetchedManifest | undefined>;
  /** The digest a tag has now, without fetching what it names where the registry can tell. */
  head(repository: string, tag: string): Promise<string | undefined>;
  /** Checked against its digest. */
  blob(repository: string, descriptor: Pick<Descriptor, 'digest' | 'size'>, maxBytes: number): Promise<Buffer>;
  tags(repository: string): Promise<string[]>;
  /** Repositories below a prefix, as far as the registry lists any; undefined when it does not. */
  repositories(prefix: string): Promise<string[] | undefined>;
  /** Manifests that say of themselves that they are about this one (OCI 1.1), by API or by tag. */
  referrers(repository: string, digest: string): Promise<Descriptor[]>;
  request(path: string, options: AskOptions, scope: string): Promise<Asked>;
}

export interface OciEndpoint {
  readonly asker: Asker;
  /** `https://registry.example.org` */
  readonly base: string;
  readonly credentials: RegistryCredentials;
}

export const pullScope = (repository: string): string => `repository:${repository}:pull`;

/** Reads an OCI registry (distribution specification 1.1). Whatever comes is bounded and checked against the digest it was asked by. */
export function createOciClient({ asker, base, credentials }: OciEndpoint): OciClient {
  const authorized = createOciAuth(asker, credentials);
  const { from } = asker;
  const request: OciClient['request'] = (path, options, scope) =>
    authorized(path.startsWith('/') ? `${base}${path}` : path, options, scope);

  const manifest: OciClient['manifest'] = async (repository, reference) => {
    const path = `/v2/${named(repository)}/manifests/${referenced(reference)}`;
    const accept = `${MEDIA.manifest}, ${MEDIA.index}, application/vnd.docker.distribution.manifest.v2+json;q=0.5`;
    const answer = await request(path, { headers: { accept }, maxBytes: MANIFEST_BYTES }, pullScope(repository));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refusedBy(from, `"${repository}" ${shortOf(reference)}`, answer.status);
    const digest = digestOf(answer.body);
    const promised = DIGEST.test(reference) ? reference : answer.headers.get('docker-content-digest');
    if (promised?.startsWith('sha256:') && promised !== digest) throw damaged(from, `"${repository}" ${shortOf(reference)}`);
    const parsed = manifestSchema.safeParse(jsonOf(answer.body));
    if (!parsed.success) throw new SlipwayError('Invalid', `The ${from} gave a manifest of "${repository}" that cannot be read.`);
    return { digest, body: answer.body, manifest: parsed.data };
  };

  /** Pages as `Link: <…>; rel="next"` says, on the registry itself only. */
  const pages = async (path: string, scope: string, take: (body: unknown) => number): Promise<number> => {
    let next: string | undefined = path;
    for (let page = 0; next !== undefined && page < PAGES; page++) {
      const answer: Asked = await request(next, { maxBytes: MANIFEST_BYTES }, scope);
      if (answer.status !== 200) return page === 0 ? answer.status : Promise.reject(refusedBy(from, 'the rest of a list', answer.status));
      if (take(jsonOf(answer.body)) > NAMES) return 200;
      next = nextPage(answer, base);
    }
    return 200;
  };

  return {
    from,
    request,
    manifest,
    async head(repository, tag) {
      const path = `/v2/${named(repository)}/manifests/${referenced(tag)}`;
      const options = { method: 'HEAD', headers: { accept: `${MEDIA.manifest}, ${MEDIA.index}` }, maxBytes: MANIFEST_BYTES };
      const answer = await request(path, options, pullScope(repository));
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusedBy(from, `"${repository}" ${tag}`, answer.status);
      const digest = answer.headers.get('docker-content-digest');
      return digest !== null && DIGEST.test(digest) ? digest : (await manifest(repository, tag))?.digest;
    },
    async blob(repository, { digest, size }, maxBytes) {
      if (!DIGEST.test(digest))
        throw new SlipwayError('Invalid', `The ${from} names a part of "${repository}" by something else than a SHA-256.`);
      if (size > maxBytes) throw new SlipwayError('TooLarge', `The ${from} has a part of "${repository}" larger than ${maxBytes} bytes.`);
      const answer = await request(`/v2/${named(repository)}/blobs/${digest}`, { maxBytes }, pullScope(repository));
      if (answer.status !== 200) throw refusedBy(from, `content of "${repository}"`, answer.status);
      if (digestOf(answer.body) !== digest) throw damaged(from, `A part of "${repository}"`);
      return answer.body;
    },
    async tags(repository) {
      const tags: string[] = [];
      const status = await pages(`/v2/${named(repository)}/tags/list?n=1000`, pullScope(repository), (body) =>
        tags.push(...(tagsSchema.safeParse(body).data?.tags ?? []).filter((tag) => TAG.test(tag))),
      );
      if (status !== 200) throw refusedBy(from, `pack "${repository}"`, status);
      return tags.slice(0, NAMES);
    },
    async repositories(prefix) {
      const found: string[] = [];
      // Registries sort by name: what comes before the prefix need not be fetched.
      const last = prefix === '' ? '' : `&last=${encodeURIComponent(prefix.replace(/\/$/, ''))}`;
      let seen = 0;
      const status = await pages(`/v2/_catalog?n=1000${last}`, 'registry:catalog:*', (body) => {
        const names = catalogSchema.safeParse(body).data?.repositories ?? [];
        found.push(...names.filter((name) => name.startsWith(prefix) && isRepository(name)));
        return (seen += names.length);
      });
      return status === 200 ? found : undefined;
    },
    async referrers(repository, digest) {
      const answer = await request(`/v2/${named(repository)}/referrers/${digest}`, { maxBytes: MANIFEST_BYTES }, pullScope(repository));
      const listed = answer.status === 200 ? indexSchema.safeParse(jsonOf(answer.body)) : undefined;
      if (listed?.success) return listed.data.manifests;
      if (answer.status !== 404 && answer.status !== 200) throw refusedBy(from, `referrers of "${repository}"`, answer.status);
      const tagged = await manifest(repository, digest.replace(':', '-'));
      const fallback = tagged === undefined ? undefined : indexSchema.safeParse(jsonOf(tagged.body));
      return fallback?.success ? fallback.data.manifests : [];
    },
  };
}

function nextPage({ headers, url }: Asked, base: string): string | undefined {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(headers.get('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, url)) return undefined;
  const target = new URL(link, url);
  return target.origin === new URL(base).origin ? `${target.pathname}${target.search}` : undefined;
}

export function named(repository: string): string {
  if (isRepository(repository)) return repository;
  throw new SlipwayError('Invalid', `"${repository.slice(0, 255)}" is not the name of a repository in an OCI registry.`);
}

export function referenced(reference: string): string {
  if (DIGEST.test(reference) || TAG.test(reference)) return reference;
  throw new SlipwayError('Invalid', `"${reference.slice(0, 128)}" is not a tag of an OCI registry.`);
}

const shortOf = (reference: string): string => (DIGEST.test(reference) ? reference.slice(0, 19) : reference);

const damaged = (from: string, what: string): SlipwayError =>
  new SlipwayError('Invalid', `${what} of the ${from} does not match its digest.`, {
    hint: 'It was changed or damaged on the way. Nothing was stored.',
    retryable: false,
  });
