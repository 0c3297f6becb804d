import { sha256Hex, SlipwayError } from '@slipway/kit';
import type { RegistryCredentials } from '@slipway/model';
import { CHART_LIMITS } from '../chart-archive.ts';
import { ask, type Asker, askStream, inWordsOf, refusedBy } from './ask.ts';
import { type IndexEntry, readHelmIndex } from './helm-index.ts';
import { authorizationOf } from './oci-auth.ts';
import {
  CATALOGUE_LIMITS,
  hintOfVersions,
  type ListedPack,
  type ListedVersion,
  type PackRef,
  type RegistrySource,
  versionIn,
} from './source.ts';
import { newestFirst } from '@slipway/model';

const INDEX_BYTES = 256 * 1024 * 1024;
/** A large index over a thin line. */
const INDEX_MS = 5 * 60_000;

export interface HelmSourceInput {
  readonly asker: Asker;
  /** Where the index.yaml lies. */
  readonly url: string;
  readonly credentials: RegistryCredentials;
  /** Credentials also for other hosts that the index names. */
  readonly passCredentials: boolean;
}

/** A classic Helm repository: an index.yaml and archives wherever it says. */
export function helmSource(input: HelmSourceInput): RegistrySource {
  const { asker } = input;
  const { from } = asker;
  const indexUrl = `${input.url.replace(/\/+$/, '')}/index.yaml`;
  const own = authorizationOf(input.credentials);
  /** As helm does it: to the repository's own origin, elsewhere only when that is asked for. */
  const headersFor = (url: string): Record<string, string> => {
    const mayKnow = input.passCredentials || new URL(url).origin === new URL(indexUrl).origin;
    return own !== undefined && mayKnow ? { authorization: own } : {};
  };

  const openIndex = async (revision?: string): Promise<Response | undefined> => {
    const headers = { ...headersFor(indexUrl), ...(revision === undefined ? {} : { 'if-none-match': revision }) };
    const answer = await askStream(asker, indexUrl, { headers, maxBytes: INDEX_BYTES, timeoutMs: INDEX_MS });
    if (answer.status === 200) return answer;
    await answer.body?.cancel();
    if (answer.status === 304 && revision !== undefined) return undefined;
    if (answer.status === 404) throw new SlipwayError('Unavailable', `The ${from} answered 404 for index.yaml.`, { retryable: false });
    throw refusedBy(from, 'index.yaml', answer.status);
  };
  const read = async (answer: Response, onChart: (name: string, entries: readonly IndexEntry[]) => void, only?: string) => {
    if (answer.body === null) throw new SlipwayError('Invalid', `The index.yaml of the ${from} is empty.`);
    try {
      return await readHelmIndex(answer.body as unknown as AsyncIterable<Uint8Array>, { onChart, only, from });
    } catch (error) {
      throw error instanceof SlipwayError && error.code === 'Invalid' ? error : inWordsOf(from, error);
    }
  };

  return {
    from,
    async catalogue(known) {
      const answer = await openIndex(known.revision);
      if (answer === undefined) return undefined;
      const packs: ListedPack[] = [];
      let total = 0;
      const { unreadable } = await read(answer, (name, entries) => {
        if (++total <= CATALOGUE_LIMITS.packs && entries.length > 0) packs.push(packOf(name, entries));
      });
      const remarks = [
        ...(total > CATALOGUE_LIMITS.packs ? [`Only ${CATALOGUE_LIMITS.packs} of ${total} packs are listed.`] : []),
        ...(unreadable > 0 ? [`${unreadable} entries of the index could not be read.`] : []),
      ];
      return { packs, remarks, revision: answer.headers.get('etag') ?? undefined };
    },
    async fetch(ref) {
      const answer = await openIndex();
      let entries: readonly IndexEntry[] | undefined;
      if (answer !== undefined) await read(answer, (_name, found) => (entries = found), ref.name);
      const entry = findEntry(entries, ref, from);
      // Relative to where the index really came from, as helm does it.
      const url = addressOf(entry, ref, { from, base: answer?.url ?? indexUrl });
      const archive = await ask(asker, url, { headers: headersFor(url), maxBytes: CHART_LIMITS.archive });
      if (archive.status === 404)
        throw new SlipwayError('Unavailable', `The ${from} answered 404 for pack "${ref.name}" ${ref.version}, which its index names.`, {
          retryable: false,
        });
      if (archive.status !== 200) throw refusedBy(from, `pack "${ref.name}" ${ref.version}`, archive.status);
      if (entry.digest !== undefined && entry.digest !== `sha256:${sha256Hex(archive.body)}`) {
        throw new SlipwayError('Invalid', `Chart ${ref.name} ${ref.version} of the ${from} does not match the digest in its index.`, {
          hint: 'The file was changed or damaged on the way. Nothing was stored.',
          retryable: false,
        });
      }
      return { archive: archive.body };
    },
  };
}

function packOf(name: string, entries: readonly IndexEntry[]): ListedPack {
  const order = new Map(newestFirst(entries.map(({ version }) => version)).map((version, index) => [version, index]));
  const sorted = entries.toSorted((a, b) => (order.get(a.version) ?? 0) - (order.get(b.version) ?? 0));
  const versions = sorted.slice(0, CATALOGUE_LIMITS.versions).map(({ urls: _urls, ...version }): ListedVersion => version);
  return { name, versions, more: entries.length > CATALOGUE_LIMITS.versions };
}

function findEntry(entries: readonly IndexEntry[] | undefined, ref: PackRef, from: string): IndexEntry {
  if (entries === undefined) throw new SlipwayError('NotFound', `The ${from} has no chart "${ref.name}".`);
  const found = versionIn(entries, ref.version);
  if (found !== undefined) return found;
  throw new SlipwayError('NotFound', `The ${from} has no version ${ref.version} of chart "${ref.name}".`, {
    hint: hintOfVersions(newestFirst(entries.map(({ version }) => version))),
  });
}

function addressOf({ urls: [url] }: IndexEntry, ref: PackRef, { from, base }: { from: string; base: string }): string {
  if (url === undefined) throw new SlipwayError('Invalid', `The ${from} gives no address for chart ${ref.name} ${ref.version}.`);
  if (!URL.canParse(url, base))
    throw new SlipwayError('Invalid', `The ${from} gives no usable address for chart ${ref.name} ${ref.version}.`);
  return new URL(url, base).href;
}
