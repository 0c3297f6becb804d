import { SlipwayError } from '@slipway/kit';
import type { KindRef, RequestOptions, ResourceInfo } from './types.ts';

interface ApiResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

export interface Discovery {
  resource(kind: KindRef): Promise<ResourceInfo>;
  reset(): void;
}

/** `v1` lives below /api, everything else below /apis. */
export const groupPath = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

const unknown = (kind: KindRef, cause?: unknown) =>
  new SlipwayError('NotFound', `The API server serves no kind "${kind.kind}" in ${kind.apiVersion}.`, {
    hint: 'Check apiVersion and kind; if a CustomResourceDefinition brings it, that must be applied first.',
    retryable: true,
    cause,
  });

type Request = <T>(path: string, options?: RequestOptions) => Promise<T>;

/**
 * Which plural and scope a kind has, one request per group version, cached. A kind that is not in the cache is asked for once more, since its
 * CRD may have come since. Throws `NotFound` when the server does not serve it.
 */
export function createDiscovery(request: Request): Discovery {
  const cache = new Map<string, Promise<Map<string, ResourceInfo>>>();

  async function load(apiVersion: string): Promise<Map<string, ResourceInfo>> {
    const kinds = new Map<string, ResourceInfo>();
    const list = await request<ApiResourceList>(groupPath(apiVersion));
    for (const resource of list.resources) {
      if (resource.name.includes('/')) continue;
      kinds.set(resource.kind, { plural: resource.name, namespaced: resource.namespaced, verbs: resource.verbs });
    }
    return kinds;
  }

  function fetchGroup(apiVersion: string): Promise<Map<string, ResourceInfo>> {
    const pending = load(apiVersion);
    cache.set(apiVersion, pending);
    pending.catch(() => {
      if (cache.get(apiVersion) === pending) cache.delete(apiVersion);
    });
    return pending;
  }

  return {
    async resource(kind) {
      const cached = cache.get(kind.apiVersion);
      const known = cached === undefined ? undefined : (await cached.catch(() => undefined))?.get(kind.kind);
      if (known !== undefined) return known;
      try {
        const fresh = (await fetchGroup(kind.apiVersion)).get(kind.kind);
        if (fresh !== undefined) return fresh;
      } catch (error) {
        if (error instanceof SlipwayError && error.code === 'NotFound') throw unknown(kind, error);
        throw error;
      }
      throw unknown(kind);
    },
    reset: () => cache.clear(),
  };
}
