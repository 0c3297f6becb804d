import { GROUP, type Kind, VERSION } from '@slipway/model';

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

/** One group version the hub serves. */
export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
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
export const coreGroup: GroupVersion = {
  group: '',
  version: 'v1',
  resources: [
    { name: 'namespaces', singularName: 'namespace', namespaced: false, kind: 'Namespace', verbs: READ, shortNames: ['ns'] },
    { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: [...READ, ...WRITE].toSorted() },
  ],
};

export const reviewGroups: readonly GroupVersion[] = [
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    resources: [
      { name: 'selfsubjectreviews', singularName: 'selfsubjectreview', namespaced: false, kind: 'SelfSubjectReview', verbs: ['create'] },
    ],
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resources: [
      {
        name: 'selfsubjectaccessreviews',
        singularName: 'selfsubjectaccessreview',
        namespaced: false,
        kind: 'SelfSubjectAccessReview',
        verbs: ['create'],
      },
      {
        name: 'selfsubjectrulesreviews',
        singularName: 'selfsubjectrulesreview',
        namespaced: false,
        kind: 'SelfSubjectRulesReview',
        verbs: ['create'],
      },
    ],
  },
];

export const slipwayGroup = (resources: readonly ResourceInfo[]): GroupVersion => ({ group: GROUP, version: VERSION, resources });

export const versionText = ({ group, version }: GroupVersion): string => (group === '' ? version : `${group}/${version}`);

export function resourceList(served: GroupVersion): object {
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: versionText(served), resources: served.resources };
}

export function groupInfo(served: GroupVersion): object {
  const version = { groupVersion: versionText(served), version: served.version };
  return { name: served.group, versions: [version], preferredVersion: version };
}

export const groupList = (groups: readonly GroupVersion[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.map(groupInfo),
});

export const coreVersions = (): object => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });

/** Aggregated discovery (apidiscovery.k8s.io/v2): every resource in one answer. */
export function aggregated(groups: readonly GroupVersion[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((served) => ({
      metadata: { name: served.group, creationTimestamp: null },
      versions: [{ version: served.version, freshness: 'Current', resources: nested(served) }],
    })),
  };
}

function nested(served: GroupVersion): object[] {
  const kindOf = (kind: string) => ({ group: served.group, version: served.version, kind });
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
