import type { Level } from './grant.ts';
import type { Rule } from './request.ts';

export interface BuiltInRole {
  readonly name: string;
  readonly level: Level;
  readonly description: string;
  readonly rules: readonly Rule[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const rule = (resources: readonly string[], verbs: readonly string[]): Rule => ({ resources, verbs });

/** What lives in a project for those who work there; people, keys and grants are not among it. */
const WORKLOADS = ['clusters', 'machinepools', 'clusters/plan', 'clusters/values'];
/** Of the project itself, beside the tenant's and the installation's of the same families. */
const OWN_CATALOGUE = [
  'projectclusterprofiles',
  'projectmacros',
  'projectregistries',
  'projectregistries/content',
  'projectregistries/sync',
  'projectmacros/plan',
  'projectregistries/plan',
  'projectpacks/accept',
];
/** What may be done with registries besides: `content` is what the embedded one holds. */
const REGISTRY_ACTIONS = ['registries/content', 'registries/sync', 'registries/plan', 'packs/accept'];
const SEEN = [
  ...WORKLOADS,
  'machines',
  'events',
  'clusters/status',
  'machinepools/status',
  'machines/status',
  'projectpacks',
  'projectpacks/content',
];
/** Of the tenant and of the installation, read-only in every project. */
const CATALOGUE = [
  'projects',
  'clusterprofiles',
  'systemclusterprofiles',
  'macros',
  'systemmacros',
  'registries',
  'registries/content',
  'packs',
  'packs/content',
  'gateways',
  'cloudaccounts',
  'clustertemplates',
  'maintenancepolicies',
];
/** Their values are never shown, to nobody: reading tells which there are. */
const SECRETS = ['secrets'];
const GRANTS = ['projectrolebindings', 'serviceaccounts', 'serviceaccounts/token'];
const PEOPLE = [
  'users',
  'users/invitation',
  'users/sessions',
  'teams',
  'apikeys',
  'apikeys/token',
  'serviceaccounts',
  'serviceaccounts/token',
];

const PEOPLE_SEEN = ['users', 'teams', 'roles', 'rolebindings', 'projectrolebindings', 'serviceaccounts', 'identityproviders'];

/** The tunnel into a cluster, with the rights that Kubernetes' own roles of these names give there (`clusters/kubernetes`). */
const tunnel = (right: 'cluster-admin' | 'edit' | 'view'): Rule[] => [
  rule(['clusters/proxy'], ['*']),
  rule(['clusters/kubeconfig'], ['get']),
  rule(
    ['clusters/kubernetes'],
    right === 'cluster-admin' ? ['cluster-admin', 'edit', 'view'] : right === 'edit' ? ['edit', 'view'] : ['view'],
  ),
];
const viewer = [rule([...SEEN, ...OWN_CATALOGUE, ...CATALOGUE], READ), rule(['clusters/plan', 'clusters/values'], ['create'])];
const everything: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

/**
 * Roles that come with Slipway and cannot be changed. A rule on a resource of a wider scope than the role's level gives nothing beyond what `reach` lets through
 * (its own projects, and what is visible below).
 */
export const BUILT_IN_ROLES: readonly BuiltInRole[] = [
  { name: 'system-admin', level: 'system', description: 'Everything in every tenant, and the tenants themselves.', rules: [everything] },
  {
    name: 'system-viewer',
    level: 'system',
    description: 'Reads everything in every tenant; reaches no cluster.',
    rules: [rule([...SEEN, ...OWN_CATALOGUE, ...CATALOGUE, 'tenants', 'tenantquotas', 'quotas', ...PEOPLE_SEEN, 'apikeys'], READ)],
  },
  { name: 'tenant-admin', level: 'tenant', description: 'Everything in the tenant.', rules: [everything] },
  {
    name: 'tenant-viewer',
    level: 'tenant',
    description: 'Reads everything in the tenant, and its clusters with Kubernetes’ view.',
    rules: [rule([...SEEN, ...OWN_CATALOGUE, ...CATALOGUE, 'quotas', ...PEOPLE_SEEN], READ), ...tunnel('view')],
  },
  {
    name: 'user-admin',
    level: 'tenant',
    description: 'Users, teams and keys. Cannot give anybody a right that it does not hold itself.',
    rules: [rule(PEOPLE, [...READ, ...WRITE]), rule(['identityproviders'], READ)],
  },
  {
    name: 'role-admin',
    level: 'tenant',
    description: 'Roles and bindings, within the rights it holds itself.',
    rules: [rule(['roles', 'rolebindings', 'projectrolebindings'], [...READ, ...WRITE]), rule(['users', 'teams', 'serviceaccounts'], READ)],
  },
  {
    name: 'profile-admin',
    level: 'tenant',
    description: 'Cluster profiles, macros and registries, of the tenant and of its projects.',
    rules: [
      rule(['clusterprofiles', 'macros', 'macros/plan', ...OWN_CATALOGUE, 'registries', ...REGISTRY_ACTIONS], [...READ, ...WRITE]),
      rule(['packs', 'packs/content', 'projectpacks', 'projectpacks/content'], READ),
      rule(['systemclusterprofiles', 'systemmacros'], READ),
    ],
  },
  {
    name: 'project-admin',
    level: 'project',
    description: 'Everything in its projects, people’s access to them included; Kubernetes’ cluster-admin on their clusters.',
    rules: [
      rule([...SEEN, ...CATALOGUE, 'roles'], READ),
      rule([...WORKLOADS, ...OWN_CATALOGUE, ...GRANTS, ...SECRETS], [...READ, ...WRITE]),
      rule(['projects'], ['update', 'patch']),
      ...tunnel('cluster-admin'),
    ],
  },
  {
    name: 'project-editor',
    level: 'project',
    description: 'Makes, changes and deletes what its projects hold; Kubernetes’ edit on their clusters.',
    rules: [...viewer, rule([...WORKLOADS, ...OWN_CATALOGUE], WRITE), rule(SECRETS, [...READ, ...WRITE]), ...tunnel('edit')],
  },
  {
    name: 'project-viewer',
    level: 'project',
    description: 'Sees what its projects hold; Kubernetes’ view on their clusters.',
    rules: [...viewer, ...tunnel('view')],
  },
  {
    name: 'cluster-admin',
    level: 'project',
    description: 'Clusters and pools of its projects, and Kubernetes’ cluster-admin on them.',
    rules: [...viewer, rule(WORKLOADS, WRITE), ...tunnel('cluster-admin')],
  },
  {
    name: 'cluster-editor',
    level: 'project',
    description: 'Changes, but neither makes nor deletes clusters; Kubernetes’ edit on them.',
    rules: [...viewer, rule(WORKLOADS, ['update', 'patch']), ...tunnel('edit')],
  },
  {
    name: 'cluster-viewer',
    level: 'project',
    description: 'Sees clusters; no way into them.',
    rules: [...viewer],
  },
];

export const builtInRole = (name: string): BuiltInRole | undefined => BUILT_IN_ROLES.find((role) => role.name === name);
