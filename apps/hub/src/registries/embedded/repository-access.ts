import { type AccessRequest, GROUP } from '@slipway/model';

/** What the hub's own registry is called in every tenant. */
export const EMBEDDED_REGISTRY = 'embedded';

/** Names as the OCI distribution specification has them. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^/v2/(${PART}(?:/${PART})*)/(manifests|blobs|tags|referrers)/(uploads/|[A-Za-z0-9_.:=/-]+)$`);

export interface Repository {
  readonly tenant: string;
  /** Undefined for what the whole tenant has. */
  readonly project: string | undefined;
  /** Of the pack. */
  readonly name: string;
}

export type RegistryAction = 'pull' | 'push' | 'delete';

export interface RegistryCall {
  readonly repository: Repository;
  /** The repository as the registry behind knows it. */
  readonly full: string;
  readonly about: 'manifests' | 'blobs' | 'tags' | 'referrers';
  readonly rest: string;
  readonly action: RegistryAction;
}

/** `<tenant>/<name>` or `<tenant>/<project>/<name>`; undefined for anything else. */
export function repositoryOf(full: string): Repository | undefined {
  const [tenant = '', ...rest] = full.split('/');
  if (rest.length === 0 || rest.length > 2 || full.length > 255) return undefined;
  const name = rest.at(-1) ?? '';
  return { tenant, project: rest.length === 2 ? rest[0] : undefined, name };
}

/** What a request is about; undefined when it is nothing that the registry has. Only whole, plain paths are understood, so that what was checked is what is asked for. */
export function registryCall(method: string, path: string): RegistryCall | undefined {
  const [, full, about, rest] = PATH.exec(path) ?? [];
  const repository = full === undefined ? undefined : repositoryOf(full);
  if (full === undefined || repository === undefined || about === undefined || rest === undefined) return undefined;
  if (rest !== 'uploads/' && rest.split('/').some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return { repository, full, about: about as RegistryCall['about'], rest, action: actionOf(method, about, rest) };
}

function actionOf(method: string, about: string, rest: string): RegistryAction {
  if (method === 'GET' || method === 'HEAD') return about === 'blobs' && rest.startsWith('uploads/') ? 'push' : 'pull';
  // Giving up an upload is a part of pushing.
  if (method === 'DELETE' && !(about === 'blobs' && rest.startsWith('uploads/'))) return 'delete';
  return 'push';
}

const VERBS: Readonly<Record<RegistryAction, readonly string[]>> = {
  // Who pushes looks first what is there.
  pull: ['get', 'update'],
  push: ['update'],
  delete: ['delete'],
};

/** The permissions one of which an action takes: verbs on the content of the tenant's (or the project's) registry. */
export const permissionsFor = (action: RegistryAction, { project }: Pick<Repository, 'project'>): AccessRequest[] =>
  VERBS[action].map((verb) => ({
    verb,
    group: GROUP,
    resource: project === undefined ? 'registries' : 'projectregistries',
    subresource: 'content',
    name: EMBEDDED_REGISTRY,
    ...(project === undefined ? {} : { project }),
  }));
