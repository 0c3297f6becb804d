import { SlipwayError } from '@slipway/kit';
import { CHART_LIMITS } from '../chart-archive.ts';
import type { Descriptor, FetchedManifest, OciClient } from './oci-client.ts';
import type { Trust } from '../signatures/trust.ts';
import { MEDIA, PACK_LAYERS } from './media-types.ts';
import { jsonOf } from './oci-auth.ts';
import { chartFields } from './chart-fields.ts';
import {
  type Catalogue,
  CATALOGUE_LIMITS,
  hintOfVersions,
  type KnownCatalogue,
  type ListedPack,
  type ListedVersion,
  type PackRef,
  type RegistrySource,
} from './source.ts';
import { tagOf, versionOf } from './pack-artefact.ts';
import { newestFirst } from '@slipway/model';

export interface OciSourceInput {
  readonly client: OciClient;
  /** What repositories of packs begin with: `team/charts/`, or nothing. */
  readonly prefix: string;
  /** Names below the prefix; empty: what the registry lists. */
  readonly packs: readonly string[];
  /** How many path parts a pack's name may have; without it any. */
  readonly depth?: number;
  /** Says who signed a manifest before anything it names is fetched. */
  readonly trust?: Trust | undefined;
}

/** Manifests read at a time. */
const AT_ONCE = 8;
const CONFIG_BYTES = 1024 * 1024;

const VERSION_TAG = /^v?\d+\.\d+\.\d+([-_.][0-9A-Za-z._-]+)?$/;

/** Packs in an OCI registry: a repository each, a tag for each version. */
export function ociSource({ client, prefix, packs, trust, depth }: OciSourceInput): RegistrySource {
  const { from } = client;

  const listVersion = async (repository: string, tag: string, known: ListedVersion | undefined): Promise<ListedVersion | undefined> => {
    const digest = await client.head(repository, tag);
    if (digest === undefined) return undefined;
    if (known?.manifestDigest === digest && (trust === undefined || known.signedBy !== undefined)) return known;
    const signature = signed(await trust?.look(repository, digest));
    if (known?.manifestDigest === digest) return { ...known, ...signature };
    // By digest: what is read is what was told.
    const fetched = await client.manifest(repository, digest);
    const layer = fetched === undefined ? undefined : packLayer(fetched);
    if (fetched === undefined || layer === undefined) return undefined;
    const config = await configOf(client, repository, fetched);
    return { ...chartFields(config), version: versionOf(tag), digest: layer.digest, manifestDigest: digest, ...signature };
  };

  const listPack = async (name: string, known: KnownCatalogue, remarks: string[]): Promise<ListedPack | undefined> => {
    const repository = `${prefix}${name}`;
    const tags = newestFirst((await client.tags(repository)).filter((tag) => VERSION_TAG.test(tag)));
    const versions: ListedVersion[] = [];
    for (const part of chunksOf(tags.slice(0, CATALOGUE_LIMITS.versions), AT_ONCE)) {
      const read = await Promise.allSettled(part.map((tag) => listVersion(repository, tag, known.find(name, versionOf(tag)))));
      for (const [index, one] of read.entries()) {
        if (one.status === 'fulfilled') versions.push(...(one.value === undefined ? [] : [one.value]));
        else if (one.reason instanceof SlipwayError && one.reason.code === 'Invalid')
          remarks.push(`${name} ${part[index]}: ${one.reason.message}`);
        else throw one.reason;
      }
    }
    return versions.length === 0 ? undefined : { name, versions, more: tags.length > CATALOGUE_LIMITS.versions };
  };

  const names = async (): Promise<readonly string[]> => {
    if (packs.length > 0) return packs;
    const repositories = await client.repositories(prefix);
    if (repositories === undefined)
      throw new SlipwayError('Invalid', `The ${from} does not list what it has.`, {
        hint: 'Name the packs that belong into the catalogue: spec.packs.',
        retryable: false,
      });
    const found = repositories.map((repository) => repository.slice(prefix.length));
    return depth === undefined ? found : found.filter((name) => name.split('/').length <= depth);
  };

  return {
    from,
    async catalogue(known): Promise<Catalogue> {
      const all = await names();
      const remarks: string[] =
        all.length > CATALOGUE_LIMITS.packs ? [`Only ${CATALOGUE_LIMITS.packs} of ${all.length} packs are listed.`] : [];
      const listed: ListedPack[] = [];
      for (const name of all.slice(0, CATALOGUE_LIMITS.packs)) {
        try {
          const pack = await listPack(name, known, remarks);
          if (pack !== undefined) listed.push(pack);
        } catch (error) {
          // One pack that is gone or not ours to read must not hide the others.
          if (!(error instanceof SlipwayError) || error.code === 'Unavailable') throw error;
          remarks.push(`${name}: ${error.message}`);
        }
      }
      return { packs: listed, remarks };
    },
    async fetch(ref) {
      const repository = `${prefix}${ref.name}`;
      const found = await client.manifest(repository, tagOf(ref.version));
      if (found === undefined) throw await notThere(client, repository, ref);
      const signature = await trust?.judge(repository, found.digest);
      const layer = packLayer(found);
      if (layer === undefined)
        throw new SlipwayError('Invalid', `"${ref.name}" in the ${from} is not a Helm chart, nor a set of manifests.`);
      const archive = await client.blob(repository, layer, CHART_LIMITS.archive);
      return { archive, manifestDigest: found.digest, ...(signature === undefined ? {} : { signature }) };
    },
  };
}

const signed = (signature: Awaited<ReturnType<Trust['look']>>) => ({
  signedBy: signature?.signedBy,
  unsigned: signature?.signedBy === undefined ? signature?.problem : undefined,
});

const packLayer = ({ manifest }: FetchedManifest): Descriptor | undefined =>
  manifest.layers.find(({ mediaType }) => Object.hasOwn(PACK_LAYERS, mediaType));

/** Chart.yaml as helm writes it into the config; other packs have their words in annotations. */
async function configOf(client: OciClient, repository: string, { manifest }: FetchedManifest): Promise<unknown> {
  const { config } = manifest;
  if (config === undefined || (config.mediaType !== MEDIA.chartConfig && config.mediaType !== MEDIA.manifestsConfig)) return {};
  return jsonOf(await client.blob(repository, config, CONFIG_BYTES));
}

async function notThere(client: OciClient, repository: string, ref: PackRef): Promise<SlipwayError> {
  const what = `The ${client.from} has no version ${ref.version} of pack "${ref.name}".`;
  const tags = await client.tags(repository).catch(() => undefined);
  if (tags === undefined) return new SlipwayError('NotFound', what);
  return new SlipwayError('NotFound', what, {
    hint: hintOfVersions(newestFirst(tags.filter((tag) => VERSION_TAG.test(tag))).map(versionOf)),
  });
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
