import { SlipwayError } from '@slipway/kit';
import type { Outbound } from '@slipway/kit/outbound';
import type { RegistrySpec } from '@slipway/model';
import { trustOf } from '../signatures/trust.ts';
import type { Asker } from './ask.ts';
import { type AllowedFolders, permittedFolder, readFolder } from './file-tree.ts';
import { withGitTree } from './git-source.ts';
import { helmSource } from './helm-source.ts';
import { createOciClient, digestOf } from './oci-client.ts';
import { ociSource } from './oci-source.ts';
import type { Reach } from './reach.ts';
import type { FetchedPack, PackRef, RegistrySource } from './source.ts';
import { treeSource } from './tree-source.ts';

/** Which registry, of whom. */
export interface RegistryRef {
  readonly tenant: string;
  /** Of a project's own registry. */
  readonly project?: string | undefined;
  readonly name: string;
}

/** The registry that comes with the hub, as the hub itself reaches it. */
export interface EmbeddedEndpoint {
  readonly outbound: Pick<Outbound, 'fetch'>;
  readonly base: string;
}

export interface SourceDeps {
  readonly reach: Reach;
  /** The hub's own `packs/` directory. */
  readonly builtinDir: string;
  readonly folders?: AllowedFolders;
  readonly workDir: string;
  /** Undefined where there is none. */
  readonly embedded?: (() => EmbeddedEndpoint | undefined) | undefined;
}

type RemoteSpec = Extract<RegistrySpec, { type: 'helm' | 'oci' }>;

/** Where packs of a registry come from, secrets of its spec in clear. With mirrors, those first. */
export function createSource(deps: SourceDeps, ref: RegistryRef, spec: RegistrySpec, signal?: AbortSignal): RegistrySource {
  switch (spec.type) {
    case 'builtin':
      return treeSource({ from: 'built-in registry', withTree: async (use) => use(await readFolder(deps.builtinDir)) });
    case 'folder':
      return treeSource({
        from: `folder of registry "${ref.name}"`,
        withTree: async (use) => use(await readFolder(await permittedFolder(deps.folders ?? [], ref.tenant, spec.path))),
      });
    case 'git':
      return gitRegistry(deps, ref, spec, signal);
    case 'embedded':
      return embeddedRegistry(deps, ref, spec, signal);
    case 'helm':
    case 'oci':
      return withMirrors([...spec.mirrors, spec.url].map((url) => remoteRegistry(deps, ref, spec, { url, own: url === spec.url, signal })));
  }
}

function gitRegistry(
  deps: SourceDeps,
  ref: RegistryRef,
  spec: Extract<RegistrySpec, { type: 'git' }>,
  signal?: AbortSignal,
): RegistrySource {
  const from = `git repository of registry "${ref.name}"`;
  return treeSource({
    from,
    async withTree(use) {
      const proxy = deps.reach.proxyFor(spec.proxy);
      const addresses = await deps.reach.addressesFor(spec.url, spec.proxy);
      const { credentials, ca, plainHttp, url, path } = spec;
      const remote = { url, credentials, ca, plainHttp, proxy, addresses };
      return withGitTree({ remote, ref: spec.ref, path, workDir: deps.workDir, from, signal }, use);
    },
  });
}

function embeddedRegistry(
  deps: SourceDeps,
  ref: RegistryRef,
  spec: Extract<RegistrySpec, { type: 'embedded' }>,
  signal?: AbortSignal,
): RegistrySource {
  const from = `embedded registry "${ref.name}"`;
  const endpoint = deps.embedded?.();
  if (endpoint === undefined)
    throw new SlipwayError('Unavailable', 'The embedded registry does not run.', {
      hint: 'It is built in the background after the first start; slipway status shows how far that is.',
    });
  const client = createOciClient({
    asker: { outbound: endpoint.outbound, plainHttp: true, from, signal },
    base: endpoint.base,
    credentials: { type: 'none' },
  });
  const prefix = ref.project === undefined ? `${ref.tenant}/` : `${ref.tenant}/${ref.project}/`;
  return ociSource({ client, prefix, packs: [], depth: 1, trust: trustOf(client, spec.verify) });
}

interface Place {
  readonly url: string;
  /** The registry itself rather than a mirror: credentials are for it alone. */
  readonly own: boolean;
  readonly signal?: AbortSignal | undefined;
}

function remoteRegistry(deps: SourceDeps, ref: RegistryRef, spec: RemoteSpec, { url, own, signal }: Place): RegistrySource {
  const from = `${spec.type === 'oci' ? 'OCI registry' : 'Helm repository'} "${ref.name}"${own ? '' : ` (mirror ${url})`}`;
  const { ca, proxy } = spec;
  const credentials = own ? spec.credentials : ({ type: 'none' } as const);
  // What an address of a Helm repository begins with says it; that of an OCI registry does not.
  const plainHttp = spec.type === 'helm' ? url.startsWith('http:') : spec.plainHttp;
  const asker: Asker = { outbound: deps.reach.outbound({ ca, proxy }), plainHttp, from, signal };
  if (spec.type === 'helm') return helmSource({ asker, url, credentials, passCredentials: spec.passCredentials });
  const [host = '', ...path] = url.slice('oci://'.length).replace(/\/+$/, '').split('/');
  const client = createOciClient({ asker, base: `${plainHttp ? 'http' : 'https'}://${host}`, credentials });
  const prefix = path.length === 0 ? '' : `${path.join('/')}/`;
  return ociSource({ client, prefix, packs: spec.packs, trust: trustOf(client, spec.verify) });
}

/** The first that is there answers; what it says it does not have counts only from the registry itself. */
function withMirrors(places: readonly RegistrySource[]): RegistrySource {
  const own = places.at(-1) as RegistrySource;
  const first = async <T>(work: (place: RegistrySource) => Promise<T>): Promise<T> => {
    for (const mirror of places.slice(0, -1)) {
      try {
        return await work(mirror);
      } catch (error) {
        if (!(error instanceof SlipwayError)) throw error;
      }
    }
    return work(own);
  };
  const fetchFrom = async (place: RegistrySource, ref: PackRef): Promise<FetchedPack> => {
    const fetched = await place.fetch(ref);
    if (place === own || ref.digest === undefined || ref.digest === digestOf(fetched.archive)) return fetched;
    throw new SlipwayError('Invalid', `${place.from} has something else as ${ref.name} ${ref.version}.`);
  };
  return {
    from: own.from,
    catalogue: (known) => first((place) => place.catalogue(known)),
    fetch: (ref) => first((place) => fetchFrom(place, ref)),
  };
}
