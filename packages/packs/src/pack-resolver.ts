import { canonicalJson, messageOf, sha256Hex, SlipwayError } from '@slipway/kit';
import type { BlobStore, PackResolver, RegistryChange } from '@slipway/link';
import { DEFAULT_TENANT, type PackInfo, type RegistrySpec } from '@slipway/model';
import { openArchive } from './archive/open-archive.ts';
import { CHART_LIMITS, type Chart, readChart } from './chart-archive.ts';
import type { PinStore } from './pins.ts';
import { readPack } from './read-pack.ts';
import { createSource, type RegistryRef, type SourceDeps } from './registries/create-source.ts';
import { bareVersion, type FetchedPack } from './registries/source.ts';

export interface PackResolverDeps extends SourceDeps {
  /** The Registry of that name in that tenant (or project), secrets in clear; undefined when there is none. */
  readonly registries: {
    get(ref: RegistryRef): Promise<RegistrySpec | undefined>;
    /** A spec that is not stored, with the stored secrets where it has masks. */
    opened?(ref: RegistryRef, spec: RegistrySpec): Promise<RegistrySpec>;
  };
  readonly blobs: BlobStore;
  /** Remembers resolutions over restarts. Without it they live as long as this resolver. */
  readonly pins?: PinStore;
  /** The digest that the catalogue knows a version by: what was seen first counts, also before it is used. */
  readonly catalogued?: (ref: RegistryRef, pack: { name: string; version: string }) => Promise<CataloguedContent | undefined>;
}

export interface CataloguedContent {
  readonly digest: string;
  /** Somebody said that this is to be used instead of what was: it goes before what is pinned. */
  readonly accepted: boolean;
}

type Ref = Parameters<PackResolver['resolveChart']>[0];
type Resolved = Awaited<ReturnType<PackResolver['resolveChart']>>;

/** A pack that is held, with its bytes. */
export interface HeldPack extends Resolved {
  readonly archive: Buffer;
  readonly kind: 'chart' | 'manifests';
}

/** How many resolved references are kept in memory. */
const CACHE = 1000;
/** Of how many packs is remembered what they say; each may be a megabyte. */
const INFOS = 100;

/** @example createPackResolver({ registries, blobs, builtinDir, reach, workDir }).resolveChart({ tenant: 'default', registry: 'builtin', name: 'hello', version: '1.0.0' }) */
export function createPackResolver(deps: PackResolverDeps): PackResolver & {
  hold(ref: Ref): Promise<HeldPack>;
  /** What is remembered in memory may no longer be so. */
  forget(): void;
} {
  const cache = new Map<string, Promise<Resolved>>();
  const infos = new Map<string, Promise<PackInfo>>();

  const registryOf = async (ref: Ref): Promise<{ of: RegistryRef; spec: RegistrySpec }> => {
    const of = { tenant: ref.tenant, project: ref.project, name: ref.registry };
    const spec = await deps.registries.get(of);
    if (spec !== undefined) return { of, spec };
    throw new SlipwayError('NotFound', `There is no registry "${ref.registry}".`, { hint: 'List them with: slipway get registries' });
  };

  const hold = async (ref: Ref): Promise<HeldPack> => {
    const { of, spec } = await registryOf(ref);
    try {
      return await resolvePack(deps, { of, spec, ref });
    } catch (error) {
      throw error instanceof SlipwayError
        ? error
        : new SlipwayError(
            'Internal',
            `Chart ${ref.name} ${ref.version} of registry "${ref.registry}" could not be resolved: ${messageOf(error)}`,
            {
              cause: error,
            },
          );
    }
  };

  return {
    hold,
    trial: (change) => createPackResolver(trialDeps(deps, change)),
    forget() {
      cache.clear();
      infos.clear();
    },
    packInfo: async (ref) => {
      const { spec } = await registryOf(ref);
      const key = `${pinKey(ref, spec)}${trustOf(spec) ?? ''}`;
      const before = infos.get(key);
      if (before) return before;
      const reading = hold(ref).then(({ archive }) => readPack(archive));
      infos.set(key, reading);
      if (infos.size > INFOS) infos.delete(infos.keys().next().value ?? '');
      return reading.catch((error: unknown) => {
        infos.delete(key);
        throw error;
      });
    },
    resolveChart: async (ref) => {
      const { spec } = await registryOf(ref);
      const key = `${pinKey(ref, spec)}${trustOf(spec) ?? ''}`;
      const known = cache.get(key);
      if (known) return known;
      // Many clusters of one profile ask at once: one fetch serves them. A failure is forgotten, so that the next ask tries again.
      const running = hold(ref).then(({ archive: _archive, kind, ...resolved }) => {
        if (kind === 'chart') return resolved;
        throw new SlipwayError('Invalid', `"${ref.name}" in registry "${ref.registry}" is a set of manifests, not a chart.`, {
          retryable: false,
        });
      });
      cache.set(key, running);
      if (cache.size > CACHE) cache.delete(cache.keys().next().value ?? '');
      try {
        return await running;
      } catch (error) {
        cache.delete(key);
        throw error;
      }
    },
  };
}

/** Reads what is held and pinned, and adds nothing to it. */
function trialDeps(deps: PackResolverDeps, change: RegistryChange): PackResolverDeps {
  const { registries, pins, blobs } = deps;
  const of = change.registry;
  const isMeant = ({ tenant, project, name }: RegistryRef) => tenant === of.tenant && project === of.project && name === of.name;
  return {
    ...deps,
    registries: {
      get: async (ref) => {
        if (!('spec' in change) || !isMeant(ref)) return registries.get(ref);
        return change.spec && (registries.opened === undefined ? change.spec : registries.opened(ref, change.spec));
      },
    },
    catalogued: async (ref, pack) => {
      const accepted = 'accepted' in change && isMeant(ref) ? change.accepted : undefined;
      if (accepted?.name === pack.name && accepted.version === pack.version) return { digest: accepted.digest, accepted: true };
      return deps.catalogued?.(ref, pack);
    },
    blobs: { get: (digest) => blobs.get(digest), put: async (data) => `sha256:${sha256Hex(data)}` },
    ...(pins === undefined ? {} : { pins: { get: (key) => pins.get(key), put: async () => undefined } }),
  };
}

interface Wanted {
  readonly of: RegistryRef;
  readonly spec: RegistrySpec;
  readonly ref: Ref;
}

/** What is known of a reference from before. */
interface Known {
  readonly pinned: string | undefined;
  /** What is pinned, where it is held. */
  readonly stored: Buffer | undefined;
  /** What it has to be. */
  readonly expected: string | undefined;
  /** Nobody has to be asked about signatures: nobody wants one, or one was seen. */
  readonly trusted: boolean;
}

async function knownOf(deps: PackResolverDeps, { of, spec, ref }: Wanted): Promise<Known> {
  const key = pinKey(ref, spec);
  const trust = trustOf(spec);
  const catalogued = await deps.catalogued?.(of, ref);
  const before = await deps.pins?.get(key);
  const pinned = catalogued?.accepted === true && catalogued.digest !== before ? undefined : before;
  const stored = pinned === undefined ? undefined : await deps.blobs.get(pinned).catch(() => undefined);
  // What was pinned before its registry wanted signatures is checked once for these keys.
  const trusted = trust === undefined || (pinned !== undefined && (await deps.pins?.get(key + trust)) === pinned);
  return { pinned, stored, trusted, expected: pinned ?? catalogued?.digest };
}

async function resolvePack(deps: PackResolverDeps, wanted: Wanted): Promise<HeldPack> {
  const { ref } = wanted;
  const known = await knownOf(deps, wanted);
  const { archive, signature } =
    known.stored !== undefined && known.trusted ? { archive: known.stored } : await fetchOrHeld(deps, wanted, known);
  const chart = await identify(archive);
  if (chart.name !== ref.name || bareVersion(chart.version) !== bareVersion(ref.version)) {
    throw new SlipwayError(
      'Invalid',
      `Registry "${ref.registry}" gave chart ${chart.name} ${chart.version} for ${ref.name} ${ref.version}.`,
    );
  }
  const digest = `sha256:${sha256Hex(archive)}`;
  if (known.expected !== undefined && known.expected !== digest) throw moved(ref, known.expected);
  if (archive !== known.stored) await deps.blobs.put(archive);
  await remember(deps, wanted, { digest, known, signature });
  const { name, version, valuesSchema } = chart;
  return {
    digest,
    name,
    version,
    archive,
    kind: chart.kind,
    ...(valuesSchema === undefined ? {} : { valuesSchema }),
    ...(signature && { signature }),
  };
}

/** Only what a reference says is looked at: what a chart says of itself besides may be wrong, and helm still installs it. */
async function identify(archive: Buffer): Promise<Pick<Chart, 'name' | 'version' | 'valuesSchema'> & Pick<HeldPack, 'kind'>> {
  const { find } = await openArchive(archive, CHART_LIMITS);
  if (find('Chart.yaml') === undefined && find('slipway.yaml') !== undefined) {
    const { name, version } = await readPack(archive);
    return { name, version, kind: 'manifests' };
  }
  return { ...(await readChart(archive)), kind: 'chart' };
}

async function remember(
  { pins }: PackResolverDeps,
  { ref, spec }: Wanted,
  { digest, known, signature }: { digest: string; known: Known; signature: FetchedPack['signature'] },
): Promise<void> {
  const key = pinKey(ref, spec);
  const trust = trustOf(spec);
  if (known.pinned === undefined) await pins?.put(key, digest);
  if (trust !== undefined && signature?.signedBy !== undefined) await pins?.put(key + trust, digest);
}

/** From the registry. Where a signature is only wished for, what is held already does while the registry is away. */
async function fetchOrHeld(deps: PackResolverDeps, { of, spec, ref }: Wanted, { stored, expected }: Known): Promise<FetchedPack> {
  try {
    return await createSource(deps, of, spec).fetch({ name: ref.name, version: ref.version, digest: expected });
  } catch (error) {
    const away = error instanceof SlipwayError && (error.code === 'Unavailable' || error.code === 'Timeout');
    const wished = 'verify' in spec && spec.verify.policy === 'warn';
    if (stored === undefined || !wished || !away) throw error;
    return { archive: stored, signature: { problem: messageOf(error) } };
  }
}

const moved = (ref: Ref, expected: string): SlipwayError =>
  new SlipwayError(
    'Conflict',
    `Chart ${ref.name} ${ref.version} of registry "${ref.registry}" is no longer what it was when it was first used (${expected}).`,
    { hint: 'Somebody replaced a published version. Use another version, or bring the first content back.', retryable: false },
  );

/** What a reference means, as pins know it. Pins of the first tenant keep the names they had when there was no other. */
export function pinKey(ref: Ref, spec: RegistrySpec): string {
  const whose = ref.tenant === DEFAULT_TENANT ? [] : [`tenant:${ref.tenant}`];
  const project = ref.project === undefined ? [] : [`project:${ref.project}`];
  return JSON.stringify([...whose, ...project, ref.registry, spec.type, placeOf(spec), ref.name, ref.version]);
}

function placeOf(spec: RegistrySpec): string {
  switch (spec.type) {
    case 'builtin':
    case 'embedded':
      return '';
    case 'folder':
      return spec.path;
    case 'git':
      return JSON.stringify([spec.url, spec.ref ?? '', spec.path]);
    case 'helm':
    case 'oci':
      return spec.url;
  }
}

/** The keys that packs of this registry must be signed by; undefined where nobody asks. */
const trustOf = (spec: RegistrySpec): string | undefined =>
  'verify' in spec && spec.verify.policy !== 'off' ? `#${sha256Hex(canonicalJson(spec.verify.keys.map(({ key }) => key)))}` : undefined;
