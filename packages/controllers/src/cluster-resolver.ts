import { type FieldCause, messageOf } from '@slipway/kit';
import type { PackResolver } from '@slipway/link';
import {
  type ApiObject,
  type ChartRef,
  type ClusterStack,
  type ObjectStore,
  packKey,
  type PackInfo,
  PROFILE_FAMILY,
  readClusterStack,
  resolve,
  type ResolveResult,
  type SecretValues,
  type StackCluster,
  tenantOfKind,
} from '@slipway/model';
import { isCandidate } from './candidates.ts';

/** Opens what is encrypted. Only what makes plans has it: API and admission see masks. */
export interface SecretOpener {
  open(owner: { tenant: string; kind: string; project: string; name: string; uid: string }): Promise<SecretValues>;
}

export interface ClusterResolution {
  readonly resolved: ResolveResult;
  readonly stack: ClusterStack;
  readonly packs: ReadonlyMap<string, PackInfo>;
  /** Why nothing is known of a pack, by {@link packKey}: what it gives its layer is then missing from the values. */
  readonly packProblems: ReadonlyMap<string, string>;
}

/** Whose objects are read, and from where. */
export interface ResolvePlace {
  readonly tenant: string;
  readonly store: Pick<ObjectStore, 'get'>;
}

/** What a cluster is made of, or why that cannot be said. Without packs where only its machines matter: no registry is asked then. */
export type ClusterResolver = (
  place: ResolvePlace,
  cluster: StackCluster,
  options?: { readonly packs: boolean },
) => Promise<ClusterResolution>;

export interface ClusterResolverDeps {
  readonly secrets?: SecretOpener | undefined;
  readonly packs: Pick<PackResolver, 'packInfo'>;
}

/**
 * Reads the stack of a cluster with its secrets in clear, and what is known of its packs. The same profile is read once for each of its generations, so that its answers
 * are remembered however often and from wherever it is read.
 */
export function createClusterResolver({ secrets, packs }: ClusterResolverDeps): ClusterResolver {
  const share = createSharing();
  return async ({ tenant, store }, cluster, options = { packs: true }) => {
    const open = (object: ApiObject<any, any>) => {
      const { metadata, kind } = object;
      const owner = { tenant: tenantOfKind(kind, tenant), kind, project: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
      return (secrets as SecretOpener).open(owner);
    };
    const stack = await readClusterStack(cluster, tenant, {
      get: async (kind, name, project) => share(await store.get({ kind, name, project })),
      ...(secrets === undefined ? {} : { open }),
    });
    if (stack.causes.length > 0) return { ...NOTHING_KNOWN, stack, resolved: refused(stack.causes) };
    const first = resolve(stack.input);
    if (!first.ok || !options.packs || packs.packInfo === undefined) return { ...NOTHING_KNOWN, stack, resolved: first };
    const known = await readPacks(packs, { tenant, project: cluster.metadata.namespace }, chartsOf(first));
    const resolved = known.packs.size === 0 ? first : resolve({ ...stack.input, packs: known.packs });
    return { stack, resolved, ...known };
  };
}

type Packs = Pick<ClusterResolution, 'packs' | 'packProblems'>;
const NOTHING_KNOWN: Packs = { packs: new Map(), packProblems: new Map() };

function refused(causes: readonly FieldCause[]): ResolveResult {
  return { ok: false, causes, message: causes.map(({ field, message }) => `${field}: ${message}`).join('; ') };
}

const chartsOf = (result: ResolveResult): ChartRef[] =>
  result.ok ? result.profile.layers.flatMap(({ content }) => (content.type === 'chart' ? [content] : [])) : [];

async function readPacks(
  packs: ClusterResolverDeps['packs'],
  of: { tenant: string; project: string | undefined },
  charts: readonly ChartRef[],
): Promise<Packs> {
  const found = new Map<string, PackInfo>();
  const packProblems = new Map<string, string>();
  for (const { registry, registryScope, name, version } of charts) {
    const key = packKey({ registry, registryScope, name, version });
    const project = registryScope === 'project' ? of.project : undefined;
    try {
      const info = await packs.packInfo?.({ tenant: of.tenant, project, registry, name, version });
      if (info !== undefined) found.set(key, info);
    } catch (error) {
      packProblems.set(key, messageOf(error));
    }
  }
  return { packs: found, packProblems };
}

/** Profiles kept: a fleet has far fewer of them than clusters. */
const REMEMBERED = 200;

/** Gives one object, frozen through and through, for every reading of the same generation of a profile. */
function createSharing() {
  const known = new Map<string, ApiObject>();
  return (object: ApiObject | undefined): ApiObject | undefined => {
    if (object === undefined || !object.kind.endsWith(PROFILE_FAMILY) || isCandidate(object)) return object;
    const { uid, generation } = object.metadata;
    const key = `${uid}/${generation}`;
    const shared = known.get(key) ?? frozen(object);
    const [oldest] = known.keys();
    if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
    known.delete(key);
    known.set(key, shared);
    return shared;
  };
}

function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) frozen(item);
  return value;
}
