import { GROUP, inVersion, type Kind, VERSION, versionsOf } from '@slipway/model';

/** One entry of an APIResourceList. */
export interface ResourceInfo {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** One version of a group. */
export interface GroupVersion {
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
}

/** One group the hub serves, the version that clients should prefer first. */
export interface Group {
  readonly group: string;
  readonly versions: readonly GroupVersion[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** Discovery of the kinds and their subresources (`name → verbs`). */
export function kindResources(
  kinds: readonly Kind[],
  subresources: readonly { kind: string; name: string; verbs: readonly string[] }[],
): ResourceInfo[] {
  return kinds.flatMap((kind) => {
    const base = { namespaced: kind.scope === 'project', kind: kind.kind };
    const own: ResourceInfo = {
      ...base,
      name: kind.plural,
      singularName: kind.singular,
      verbs: kind.readOnly ? READ : [...READ, ...WRITE].toSorted(),
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      categories: ['slipway'],
    };
    const status: ResourceInfo = {
      ...base,
      name: `${kind.plural}/status`,
      singularName: '',
      verbs: kind.readOnly ? ['get'] : ['get', 'patch', 'update'],
    };
    const others = subresources
      .filter((subresource) => subresource.kind === kind.kind)
      .map((subresource): ResourceInfo => ({
        ...base,
        name: `${kind.plural}/${subresource.name}`,
        singularName: '',
        verbs: subresource.verbs,
      }));
    return [own, status, ...others];
  });
}

/** Served beside the kinds, so that `kubectl -n`, `kubectl auth whoami` and `can-i` work. */
const coreResources: readonly ResourceInfo[] = [
  { name: 'namespaces', singularName: 'namespace', namespaced: false, kind: 'Namespace', verbs: READ, shortNames: ['ns'] },
  { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: [...READ, ...WRITE].toSorted() },
];

export const coreGroup: Group = { group: '', versions: [{ version: 'v1', resources: coreResources }] };

const review = (name: string, kind: string): ResourceInfo => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs: ['create'],
});

export const reviewGroups: readonly Group[] = [
  {
    group: 'authentication.k8s.io',
    versions: [{ version: 'v1', resources: [review('selfsubjectreviews', 'SelfSubjectReview')] }],
  },
  {
    group: 'authorization.k8s.io',
    versions: [
      {
        version: 'v1',
        resources: [
          review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
          review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
        ],
      },
    ],
  },
];

/** Kubernetes' order of versions, the one to prefer first: v2, v1, v1beta2, v1beta1, v1alpha1. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return [{ alpha: 0, beta: 1 }[stage] ?? 2, Number(major), Number(minor)];
  };
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
}

/** The group of the kinds, each version with the kinds that have it. Subresources other than status are there in the stored version only. */
export function slipwayGroup(
  kinds: readonly Kind[],
  subresources: readonly { kind: string; name: string; verbs: readonly string[] }[],
): Group {
  const names = [...new Set(kinds.flatMap(versionsOf).map(({ version }) => version))].toSorted(compareVersions);
  const versions = names.map((version) => {
    const shown = kinds.flatMap((kind) => inVersion(kind, version) ?? []);
    return { version, resources: kindResources(shown, version === VERSION ? subresources : []) };
  });
  return { group: GROUP, versions };
}

export const versionText = (group: string, { version }: GroupVersion): string => (group === '' ? version : `${group}/${version}`);

export function resourceList(group: string, served: GroupVersion): object {
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: versionText(group, served), resources: served.resources };
}

export function groupInfo({ group, versions }: Group): object {
  const told = versions.map((served) => ({ groupVersion: versionText(group, served), version: served.version }));
  return { name: group, versions: told, preferredVersion: told[0] };
}

export const groupList = (groups: readonly Group[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.map(groupInfo),
});

export const coreVersions = (): object => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });

/** Aggregated discovery (apidiscovery.k8s.io/v2): every resource in one answer. */
export function aggregated(groups: readonly Group[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versions.map((served) => ({ version: served.version, freshness: 'Current', resources: nested(group, served) })),
    })),
  };
}

function nested(group: string, served: GroupVersion): object[] {
  const kindOf = (kind: string) => ({ group, version: served.version, kind });
  const roots = served.resources.filter((resource) => !resource.name.includes('/'));
  return roots.map((resource) => {
    const subresources = served.resources
      .filter((other) => other.name.startsWith(`${resource.name}/`))
      .map((other) => ({ subresource: other.name.slice(resource.name.length + 1), responseKind: kindOf(other.kind), verbs: other.verbs }));
    return {
      resource: resource.name,
      responseKind: kindOf(resource.kind),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName,
      verbs: resource.verbs,
      ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories === undefined ? {} : { categories: resource.categories }),
      ...(subresources.length === 0 ? {} : { subresources }),
    };
  });
}

/** Whether a client asks for aggregated discovery. */
export const wantsAggregated = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((part) => part.includes('as=APIGroupDiscoveryList') && /;v=v2(;|$)/.test(part.trim()));

export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
