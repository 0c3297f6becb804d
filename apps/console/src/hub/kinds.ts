import type { KindAddress } from '@slipway/api/browser';

const of = (kind: string, plural: string, scope: KindAddress['scope'] = 'project'): KindAddress => ({ kind, plural, scope, version: 'v1' });

/** The addresses of the kinds that pages name. A test holds them to the model: its definitions themselves are too large for a first page. */
export const KINDS = {
  clusters: of('Cluster', 'clusters'),
  machinepools: of('MachinePool', 'machinepools'),
  machines: of('Machine', 'machines'),
  events: of('Event', 'events'),
  projects: of('Project', 'projects', 'tenant'),
  clusterprofiles: of('ClusterProfile', 'clusterprofiles', 'tenant'),
  projectclusterprofiles: of('ProjectClusterProfile', 'projectclusterprofiles'),
  systemclusterprofiles: of('SystemClusterProfile', 'systemclusterprofiles', 'system'),
  macros: of('Macro', 'macros', 'tenant'),
  projectmacros: of('ProjectMacro', 'projectmacros'),
  systemmacros: of('SystemMacro', 'systemmacros', 'system'),
  maintenancepolicies: of('MaintenancePolicy', 'maintenancepolicies', 'tenant'),
  rollouts: of('Rollout', 'rollouts', 'tenant'),
  gateways: of('Gateway', 'gateways', 'tenant'),
  cloudaccounts: of('CloudAccount', 'cloudaccounts', 'tenant'),
  quotas: of('Quota', 'quotas', 'tenant'),
  registries: of('Registry', 'registries', 'tenant'),
  projectregistries: of('ProjectRegistry', 'projectregistries'),
  packs: of('Pack', 'packs', 'tenant'),
  projectpacks: of('ProjectPack', 'projectpacks'),
  users: of('User', 'users', 'tenant'),
  teams: of('Team', 'teams', 'tenant'),
  roles: of('Role', 'roles', 'tenant'),
  projectrolebindings: of('ProjectRoleBinding', 'projectrolebindings'),
  apikeys: of('ApiKey', 'apikeys', 'tenant'),
  serviceaccounts: of('ServiceAccount', 'serviceaccounts'),
  identityproviders: of('IdentityProvider', 'identityproviders', 'tenant'),
  tenants: of('Tenant', 'tenants', 'system'),
  auditsinks: of('AuditSink', 'auditsinks', 'tenant'),
  useritems: of('UserItem', 'useritems', 'tenant'),
  rolebindings: of('RoleBinding', 'rolebindings', 'tenant'),
} as const satisfies Readonly<Record<string, KindAddress>>;

export type KindName = keyof typeof KINDS;
