import type { ApiObject } from '@slipway/model';

/**
 * A second opinion about access, written from docs/identity.md and not from the code that decides: it takes no pattern, union or scope apart, but asks of every
 * single object, for every single grant, whether that grant alone lets this verb through. Slow, and simple enough to be read at once.
 */
export interface OracleRule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
}
export interface OracleBinding {
  readonly tenant: string;
  readonly subjects: readonly { kind: string; name: string; tenant?: string }[];
  readonly level: 'system' | 'tenant' | 'project' | 'resource';
  readonly rules: readonly OracleRule[];
  readonly projects?: readonly string[];
  /** Only this one form of selector: a label that must have a value. */
  readonly label?: readonly [key: string, value: string];
}
export interface OracleUser {
  readonly tenant: string;
  readonly name: string;
  readonly teams: readonly string[];
}
export interface OracleWorld {
  readonly bindings: readonly OracleBinding[];
}
/** An object, or one that could be made. */
export interface OracleObject {
  readonly tenant: string;
  readonly resource: string;
  readonly project: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const SYSTEM = ['tenants', 'systemmacros', 'systemclusterprofiles'];
const SHOWN_TO_TENANTS = ['systemmacros', 'systemclusterprofiles'];
const IN_PROJECT = ['clusters', 'serviceaccounts', 'projectrolebindings', 'projectmacros', 'projectclusterprofiles'];
const SHOWN_TO_PROJECTS = ['registries', 'clusterprofiles', 'macros', 'gateways', 'cloudaccounts', 'roles'];
const LOOKING = ['get', 'list', 'watch'];

export function oracleAllows(world: OracleWorld, user: OracleUser, verb: string, object: OracleObject): boolean {
  // Everybody may see who they are.
  if (object.resource === 'users' && verb === 'get' && object.tenant === user.tenant && object.name === user.name) return true;
  for (const binding of world.bindings) {
    const isMine = binding.subjects.some((subject) => {
      const from = binding.tenant === 'system' ? (subject.tenant ?? 'system') : binding.tenant;
      if (from !== user.tenant) return false;
      if (subject.kind === 'User') return subject.name === user.name;
      return binding.tenant === user.tenant && user.teams.includes(subject.name);
    });
    // Only a system role counts for somebody of another tenant.
    if (!isMine || (binding.level !== 'system' && binding.tenant !== user.tenant)) continue;
    for (const rule of binding.rules) {
      if (!(rule.verbs.includes(verb) || rule.verbs.includes('*'))) continue;
      if (!(rule.resources.includes(object.resource) || rule.resources.includes('*'))) continue;
      if (rule.names !== undefined && (verb === 'create' || !rule.names.includes(object.name))) continue;
      if (oracleReaches(binding, verb, object)) return true;
    }
  }
  return false;
}

function oracleReaches(binding: OracleBinding, verb: string, object: OracleObject): boolean {
  if (binding.level === 'system') return binding.tenant === 'system';
  if (object.tenant !== binding.tenant) return false;
  if (SYSTEM.includes(object.resource)) return SHOWN_TO_TENANTS.includes(object.resource) && LOOKING.includes(verb);
  if (binding.level === 'tenant') return true;
  const here = (project: string) => binding.projects === undefined || binding.projects.includes(project);
  if (IN_PROJECT.includes(object.resource)) {
    if (!here(object.project)) return false;
    return binding.level === 'project' || object.labels[binding.label?.[0] ?? ''] === binding.label?.[1];
  }
  if (object.resource === 'projects') {
    if (LOOKING.includes(verb)) return here(object.name);
    return binding.level === 'project' && (verb === 'update' || verb === 'patch') && here(object.name);
  }
  return SHOWN_TO_PROJECTS.includes(object.resource) && LOOKING.includes(verb);
}

/** Whether anything at all lets a user into a tenant. */
export function oracleEnters(world: OracleWorld, user: OracleUser, tenant: string, tenants: readonly string[]): boolean {
  if (tenant === user.tenant) return true;
  if (!tenants.includes(tenant)) return false;
  return world.bindings.some(
    (binding) =>
      binding.level === 'system' &&
      binding.tenant === 'system' &&
      binding.subjects.some((one) => one.kind === 'User' && one.name === user.name && (one.tenant ?? 'system') === user.tenant),
  );
}

export const oracleObject = (tenant: string, resource: string, { metadata }: Pick<ApiObject, 'metadata'>): OracleObject => ({
  tenant,
  resource,
  project: metadata.namespace ?? '',
  name: metadata.name,
  labels: metadata.labels ?? {},
});
