import { SlipwayError } from '@slipway/kit';
import { refusedBy } from './ask.ts';
import { MEDIA } from './media-types.ts';
import { type Descriptor, digestOf, named, type OciClient, referenced } from './oci-client.ts';

const pushScope = (repository: string): string => `repository:${repository}:pull,push`;
const ANSWER_BYTES = 64 * 1024;

/** A part of an artefact. */
export interface Part {
  readonly mediaType: string;
  readonly data: Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Artefact {
  readonly config: Part;
  readonly layers: readonly Part[];
  readonly artifactType?: string;
  /** What it is about. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const descriptorOf = ({ mediaType, data, annotations }: Part): Descriptor => ({
  mediaType,
  digest: digestOf(data),
  size: data.length,
  ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
});

/** The manifest as it is stored: equal artefacts are equal bytes. */
export function manifestOf({ config, layers, artifactType, subject, annotations }: Artefact): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.manifest,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: descriptorOf(config),
      layers: layers.map(descriptorOf),
      ...(subject === undefined ? {} : { subject }),
      ...(annotations === undefined ? {} : { annotations }),
    }),
  );
}

/** The digest that it has wherever it is pushed. */
export const digestOfArtefact = (artefact: Artefact): string => digestOf(manifestOf(artefact));

/** Pushes an artefact under a tag, or under its digest alone, and gives the descriptor of its manifest. Blobs that are there already are not sent again. */
export async function pushArtefact(client: OciClient, repository: string, artefact: Artefact, tag?: string): Promise<Descriptor> {
  for (const { data } of [artefact.config, ...artefact.layers]) await pushBlob(client, repository, data);
  const body = manifestOf(artefact);
  const digest = digestOf(body);
  const options = { method: 'PUT', headers: { 'content-type': MEDIA.manifest }, body: new Uint8Array(body), maxBytes: ANSWER_BYTES };
  const answer = await client.request(`/v2/${named(repository)}/manifests/${referenced(tag ?? digest)}`, options, pushScope(repository));
  if (answer.status !== 201) throw refusedBy(client.from, `the push of "${repository}"`, answer.status);
  return { mediaType: MEDIA.manifest, digest, size: body.length };
}

async function pushBlob(client: OciClient, repository: string, data: Buffer): Promise<void> {
  const base = `/v2/${named(repository)}/blobs`;
  const digest = digestOf(data);
  const scope = pushScope(repository);
  const there = await client.request(`${base}/${digest}`, { method: 'HEAD', maxBytes: 0 }, scope);
  if (there.status === 200) return;
  const started = await client.request(
    `${base}/uploads/`,
    { method: 'POST', maxBytes: ANSWER_BYTES, headers: { 'content-length': '0' } },
    scope,
  );
  if (started.status !== 202) throw refusedBy(client.from, `a push to "${repository}"`, started.status);
  const location = started.headers.get('location');
  if (location === null || !URL.canParse(location, started.url)) throw noPlace(client.from);
  const target = new URL(location, started.url);
  // Who is pushed to decides where: on its own ground only, since credentials come along.
  if (target.origin !== new URL(started.url).origin) throw noPlace(client.from);
  target.searchParams.set('digest', digest);
  const options = {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(data),
    maxBytes: ANSWER_BYTES,
    timeoutMs: 600_000,
  };
  const done = await client.request(target.href, options, scope);
  if (done.status !== 201) throw refusedBy(client.from, `a part of "${repository}"`, done.status);
}

const noPlace = (from: string): SlipwayError => new SlipwayError('Invalid', `The ${from} says nowhere that a push can go to.`);
