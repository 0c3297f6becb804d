import { sha256Hex, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import { z } from 'zod';
import { CHART_LIMITS } from './chart-archive.ts';
import type { ChartRequest } from './helm-repository.ts';
import { type GetAnswer, httpGet } from './http-get.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const MANIFEST_BYTES = 4 * 1024 * 1024;

/** Names as the OCI distribution specification has them. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);

const manifestSchema = z.object({
  layers: z.array(
    z.object({ mediaType: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), size: z.number().int().nonnegative() }),
  ),
});
const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

export interface OciRequest extends ChartRequest {
  readonly plainHttp: boolean;
}

/** The archive of a chart from an OCI registry: manifest of the tag, then its chart layer, both checked by digest. Anonymous, with the token the registry hands to anyone who asks. */
export async function fetchFromOciRegistry(outbound: Outbound, request: OciRequest): Promise<Buffer> {
  const from = `OCI registry "${request.registry}"`;
  const [host = '', ...path] = request.url.slice('oci://'.length).replace(/\/+$/, '').split('/');
  const repository = [...path, request.name].join('/');
  if (!REPOSITORY.test(repository))
    throw new SlipwayError('Invalid', `"${repository}" is not the name of a repository in an OCI registry.`);
  const get = authenticating(outbound, from, request.plainHttp);
  const base = `${request.plainHttp ? 'http' : 'https'}://${host}/v2/${repository}`;
  // A tag cannot hold "+": helm writes "_" for it.
  const tag = request.version.replaceAll('+', '_');
  const answer = await get(`${base}/manifests/${encodeURIComponent(tag)}`, { accept: MANIFEST_TYPE }, MANIFEST_BYTES);
  if (answer.status === 404)
    throw new SlipwayError('NotFound', `The ${from} has no version ${request.version} of chart "${request.name}".`);
  if (answer.status !== 200)
    throw new SlipwayError('Unavailable', `The ${from} answered ${answer.status} for chart "${request.name}" ${request.version}.`);
  const promised = answer.headers.get('docker-content-digest');
  if (promised?.startsWith('sha256:') && promised !== `sha256:${sha256Hex(answer.body)}`) throw damaged(request, from);
  const layer = chartLayer(answer.body, request, from);
  if (layer.size > CHART_LIMITS.archive)
    throw new SlipwayError('TooLarge', `Chart "${request.name}" is larger than ${CHART_LIMITS.archive} bytes.`);
  const blob = await get(`${base}/blobs/${layer.digest}`, {}, CHART_LIMITS.archive);
  if (blob.status !== 200)
    throw new SlipwayError('Unavailable', `The ${from} answered ${blob.status} for the content of chart "${request.name}".`);
  if (`sha256:${sha256Hex(blob.body)}` !== layer.digest) throw damaged(request, from);
  return blob.body;
}

function chartLayer(body: Buffer, request: OciRequest, from: string) {
  const manifest = manifestSchema.safeParse(jsonOf(body));
  const layer = manifest.success ? manifest.data.layers.find(({ mediaType }) => mediaType === CHART_LAYER) : undefined;
  if (!layer) throw new SlipwayError('Invalid', `"${request.name}" in the ${from} is not a Helm chart.`);
  return layer;
}

/** GET that fetches a bearer token once when the registry asks for one. */
function authenticating(outbound: Outbound, from: string, plainHttp: boolean) {
  let authorization: string | undefined;
  const once = (url: string, headers: Record<string, string>, maxBytes: number): Promise<GetAnswer> =>
    httpGet(outbound, url, {
      from,
      plainHttp,
      maxBytes,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    });
  return async (url: string, headers: Record<string, string>, maxBytes: number): Promise<GetAnswer> => {
    const first = await once(url, headers, maxBytes);
    if (first.status !== 401 || authorization !== undefined) return first;
    authorization = await askForToken(outbound, first.headers.get('www-authenticate') ?? '', { from, plainHttp });
    return once(url, headers, maxBytes);
  };
}

async function askForToken(
  outbound: Outbound,
  challenge: string,
  { from, plainHttp }: { from: string; plainHttp: boolean },
): Promise<string> {
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const realm = /^Bearer /i.test(challenge) ? fields['realm'] : undefined;
  if (realm === undefined) throw new SlipwayError('Forbidden', `The ${from} wants credentials that Slipway has none of.`);
  if (!URL.canParse(realm)) throw new SlipwayError('Forbidden', `The ${from} names no usable address for its token.`);
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !plainHttp)
    throw new SlipwayError('Forbidden', `The ${from} asks for its token to be fetched without encryption.`);
  for (const name of ['service', 'scope']) if (fields[name] !== undefined) url.searchParams.set(name, fields[name]);
  const answer = await httpGet(outbound, url.href, { from, plainHttp, maxBytes: 1024 * 1024 });
  const body = answer.status === 200 ? tokenSchema.safeParse(jsonOf(answer.body)) : undefined;
  const token = body?.success ? (body.data.token ?? body.data.access_token) : undefined;
  if (token === undefined) throw new SlipwayError('Forbidden', `The ${from} gives no anonymous access (${answer.status}).`);
  return `Bearer ${token}`;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const damaged = (request: OciRequest, from: string): SlipwayError =>
  new SlipwayError('Invalid', `Chart "${request.name}" ${request.version} of the ${from} does not match its digest.`, {
    hint: 'It was changed or damaged on the way. Nothing was stored.',
  });
