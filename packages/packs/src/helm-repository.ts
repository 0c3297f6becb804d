import { messageOf, sha256Hex, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import { parse } from 'yaml';
import { z } from 'zod';
import { CHART_LIMITS } from './chart-archive.ts';
import { httpGet } from './http-get.ts';

const INDEX_BYTES = 64 * 1024 * 1024;

const entrySchema = z.object({
  version: z.union([z.string(), z.number()]).transform(String),
  urls: z.array(z.string()).default([]),
  digest: z.string().optional(),
});
const indexSchema = z.object({ entries: z.record(z.string(), z.array(z.unknown()).nullable()) });

export interface ChartRequest {
  /** The registry's name, for errors. */
  readonly registry: string;
  readonly url: string;
  readonly name: string;
  readonly version: string;
}

/** The archive of a chart from a classic Helm repository, checked against the digest of its index where there is one. */
export async function fetchFromHelmRepository(outbound: Outbound, request: ChartRequest): Promise<Buffer> {
  const from = `Helm repository "${request.registry}"`;
  const indexUrl = `${request.url.replace(/\/+$/, '')}/index.yaml`;
  const plainHttp = indexUrl.startsWith('http:');
  const index = await httpGet(outbound, indexUrl, { from, plainHttp, maxBytes: INDEX_BYTES });
  if (index.status !== 200) throw new SlipwayError('Unavailable', `The ${from} answered ${index.status} for index.yaml.`);
  const entry = findEntry(index.body.toString('utf8'), request, from);
  const [url] = entry.urls;
  if (url === undefined) throw new SlipwayError('Invalid', `The ${from} gives no address for chart ${request.name} ${request.version}.`);
  // Relative to where the index really came from, as helm does it.
  if (!URL.canParse(url, index.url))
    throw new SlipwayError('Invalid', `The ${from} gives no usable address for chart ${request.name} ${request.version}.`);
  const archive = await httpGet(outbound, new URL(url, index.url).href, { from, plainHttp, maxBytes: CHART_LIMITS.archive });
  if (archive.status !== 200)
    throw new SlipwayError('Unavailable', `The ${from} answered ${archive.status} for chart ${request.name} ${request.version}.`);
  const wanted = entry.digest?.replace(/^sha256:/, '');
  if (wanted !== undefined && wanted !== sha256Hex(archive.body)) {
    throw new SlipwayError('Invalid', `Chart ${request.name} ${request.version} of the ${from} does not match the digest in its index.`, {
      hint: 'The file was changed or damaged on the way. Nothing was stored.',
    });
  }
  return archive.body;
}

function findEntry(text: string, request: ChartRequest, from: string): z.infer<typeof entrySchema> {
  let content: unknown;
  try {
    content = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new SlipwayError('Invalid', `The index.yaml of the ${from} is not YAML: ${messageOf(error).split('\n')[0]}`);
  }
  const index = indexSchema.safeParse(content);
  if (!index.success) throw new SlipwayError('Invalid', `The index.yaml of the ${from} is not the index of a Helm repository.`);
  const entries = index.data.entries[request.name];
  if (!entries) throw new SlipwayError('NotFound', `The ${from} has no chart "${request.name}".`);
  const versions = entries.flatMap((candidate) => {
    const entry = entrySchema.safeParse(candidate);
    return entry.success ? [entry.data] : [];
  });
  const found =
    versions.find(({ version }) => version === request.version) ?? versions.find(({ version }) => bare(version) === bare(request.version));
  if (found) return found;
  const some = versions.slice(0, 5).map(({ version }) => version);
  throw new SlipwayError('NotFound', `The ${from} has no version ${request.version} of chart "${request.name}".`, {
    hint: some.length > 0 ? `It has: ${some.join(', ')}${versions.length > some.length ? ', …' : ''}.` : 'It has none.',
  });
}

const bare = (version: string): string => version.replace(/^v/, '');
