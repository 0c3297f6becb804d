import { messageOf, sha256Hex, SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import type { BlobStore, PackResolver } from '@slipway/link';
import { DEFAULT_TENANT, type RegistrySpec } from '@slipway/model';
import { packBuiltin } from './builtin.ts';
import { readChart } from './chart-archive.ts';
import { fetchFromHelmRepository } from './helm-repository.ts';
import { fetchFromOciRegistry } from './oci-registry.ts';
import type { PinStore } from './pins.ts';

export interface PackResolverDeps {
  /** The Registry object of that name in that tenant, or undefined. */
  readonly registries: { get(tenant: string, name: string): Promise<RegistrySpec | undefined> };
  readonly blobs: BlobStore;
  /** Registries are where users say they are. */
  readonly outbound: Outbound;
  /** The hub's own `packs/` directory. */
  readonly builtinDir: string;
  /** Remembers resolutions over restarts. Without it they live as long as this resolver. */
  readonly pins?: PinStore;
}

type Resolved = Awaited<ReturnType<PackResolver['resolveChart']>>;

/** How many resolved references are kept in memory. */
const CACHE = 1000;

/** @example createPackResolver({ registries, blobs, builtinDir, outbound }).resolveChart({ registry: 'builtin', name: 'hello', version: '1.0.0' }) */
export function createPackResolver(deps: PackResolverDeps): PackResolver {
  const cache = new Map<string, Promise<Resolved>>();

  const resolve = async (key: string, spec: RegistrySpec, ref: { registry: string; name: string; version: string }): Promise<Resolved> => {
    const pinned = await deps.pins?.get(key);
    const stored = pinned === undefined ? undefined : await deps.blobs.get(pinned).catch(() => undefined);
    const archive = stored ?? (await fetchChart(deps, spec, ref));
    const chart = await readChart(archive);
    if (chart.name !== ref.name || bare(chart.version) !== bare(ref.version)) {
      throw new SlipwayError(
        'Invalid',
        `Registry "${ref.registry}" gave chart ${chart.name} ${chart.version} for ${ref.name} ${ref.version}.`,
      );
    }
    const digest = stored === undefined ? await deps.blobs.put(archive) : `sha256:${sha256Hex(archive)}`;
    if (pinned !== undefined && pinned !== digest) {
      throw new SlipwayError(
        'Conflict',
        `Chart ${ref.name} ${ref.version} of registry "${ref.registry}" is no longer what it was when it was first used (${pinned}).`,
        {
          hint: 'Somebody replaced a published version. Use another version, or bring the first content back.',
          retryable: false,
        },
      );
    }
    if (pinned === undefined) await deps.pins?.put(key, digest);
    return {
      digest,
      name: chart.name,
      version: chart.version,
      ...(chart.valuesSchema === undefined ? {} : { valuesSchema: chart.valuesSchema }),
    };
  };

  return {
    resolveChart: async (ref) => {
      const spec = await deps.registries.get(ref.tenant, ref.registry);
      if (!spec)
        throw new SlipwayError('NotFound', `There is no registry "${ref.registry}".`, { hint: 'List them with: slipway get registries' });
      // Pins of the first tenant keep the names they had when there was no other.
      const whose = ref.tenant === DEFAULT_TENANT ? [] : [`tenant:${ref.tenant}`];
      const key = JSON.stringify([...whose, ref.registry, spec.type, spec.type === 'builtin' ? '' : spec.url, ref.name, ref.version]);
      const known = cache.get(key);
      if (known) return known;
      // Many clusters of one profile ask at once: one fetch serves them. A failure is forgotten, so that the next ask tries again.
      const running = resolve(key, spec, ref);
      cache.set(key, running);
      if (cache.size > CACHE) cache.delete(cache.keys().next().value ?? '');
      try {
        return await running;
      } catch (error) {
        cache.delete(key);
        throw error instanceof SlipwayError
          ? error
          : new SlipwayError(
              'Internal',
              `Chart ${ref.name} ${ref.version} of registry "${ref.registry}" could not be resolved: ${messageOf(error)}`,
              { cause: error },
            );
      }
    },
  };
}

function fetchChart(deps: PackResolverDeps, spec: RegistrySpec, ref: { registry: string; name: string; version: string }): Promise<Buffer> {
  switch (spec.type) {
    case 'builtin':
      return packBuiltin(deps.builtinDir, ref.name, ref.version);
    case 'helm':
      return fetchFromHelmRepository(deps.outbound, { ...ref, url: spec.url });
    case 'oci':
      return fetchFromOciRegistry(deps.outbound, { ...ref, url: spec.url, plainHttp: spec.plainHttp });
  }
}

const bare = (version: string): string => version.replace(/^v/, '');
