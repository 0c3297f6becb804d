import { messageOf, SlipwayError } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';

/** A kind that can be listed in a namespace. */
export interface ListableKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export interface NamespacedKinds {
  readonly kinds: readonly ListableKind[];
  /** Groups whose kinds could not be found out, such as those of an API service that does not answer. */
  readonly unknown: readonly string[];
}

interface GroupDiscovery {
  readonly metadata: { readonly name?: string };
  readonly versions?: readonly {
    readonly version: string;
    readonly freshness?: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly scope: string;
      readonly verbs?: readonly string[];
      readonly responseKind?: { readonly kind: string };
    }[];
  }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Every kind that lives in namespaces and can be listed, each in the first version its group offers. */
export async function namespacedKinds(kube: KubeClient): Promise<NamespacedKinds> {
  const kinds = new Map<string, ListableKind>();
  const unknown: string[] = [];
  for (const path of ['/api', '/apis']) {
    const answer = await kube.request<{ kind?: string; items?: readonly GroupDiscovery[] | null }>(path, {
      headers: { accept: AGGREGATED },
    });
    if (answer.kind !== 'APIGroupDiscoveryList')
      throw new SlipwayError(
        'Unavailable',
        `The API server does not tell all its kinds at once (${path} gave ${answer.kind ?? 'nothing'}).`,
      );
    for (const group of answer.items ?? []) gather(group, kinds, unknown);
  }
  return { kinds: [...kinds.values()], unknown };
}

function gather({ metadata, versions = [] }: GroupDiscovery, kinds: Map<string, ListableKind>, unknown: string[]): void {
  const group = metadata.name ?? '';
  for (const { version, freshness, resources = [] } of versions) {
    const apiVersion = group === '' ? version : `${group}/${version}`;
    if (freshness === 'Stale') unknown.push(apiVersion);
    for (const { resource, scope, verbs = [], responseKind } of resources) {
      const key = `${group}/${resource}`;
      if (scope !== 'Namespaced' || !verbs.includes('list') || kinds.has(key)) continue;
      kinds.set(key, { apiVersion, kind: responseKind?.kind ?? resource, plural: resource });
    }
  }
}

/** Where the resources of a group version are. */
export const pathOf = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const PAGE = 250;

/** Metadata of all objects at a collection's path, page by page. */
export async function* metadataAt(kube: KubeClient, path: string): AsyncGenerator<KubeObject['metadata']> {
  let next: string | undefined;
  do {
    const page: { items: { metadata: KubeObject['metadata'] }[] | null; metadata: { continue?: string } } = await kube.request(path, {
      query: { limit: String(PAGE), continue: next },
      headers: { accept: METADATA_ONLY },
    });
    for (const { metadata } of page.items ?? []) yield metadata;
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
}

/** A kind that went away between discovery and the list holds nothing. */
export const isAway = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'NotFound';

export const why = (error: unknown): string => messageOf(error).split('\n', 1)[0]!.slice(0, 200);
