import {
  type ApiObject,
  type Grant,
  type IdentityProviderSpec,
  mappedTeams,
  type ProjectRoleBindingSpec,
  type RoleBindingSpec,
  type RoleSpec,
  type Rule,
  type Subject,
  SYSTEM_TENANT,
  type TeamSpec,
  type TenantSpec,
  uncovered,
  type UserSpec,
  type UserStatus,
} from '@slipway/model';
import { accessOf, type BindingInfo, grantOf, grantsOf, type TenantAccess } from '../directory.ts';
import { letsIn, standsBehind } from '../standing.ts';

export type User = ApiObject<UserSpec, UserStatus>;
type Provider = ApiObject<IdentityProviderSpec>;

/** The objects of one tenant that say who its administrators are; users come apart, because there may be many. */
export interface AdminObjects {
  readonly tenant: string;
  readonly roles: readonly ApiObject<RoleSpec>[];
  readonly bindings: readonly ApiObject<RoleBindingSpec | ProjectRoleBindingSpec>[];
  readonly teams: readonly ApiObject<TeamSpec>[];
  readonly providers: readonly Provider[];
}

/** Users that may be administrators, in one tenant: by their names, or by groups that their provider says. */
export interface Candidates {
  readonly tenant: string;
  readonly names: readonly string[];
  readonly groups: readonly string[];
}

/** Whose administrators: one tenant's, or the system's. */
export type AdminScope = 'tenant' | 'system';

/** A role of any name counts that gives everything there is in Slipway. */
const EVERYTHING: Rule[] = [{ resources: ['*'], verbs: ['*'] }];

const isAdminGrant = (scope: AdminScope, grant: Grant): boolean =>
  uncovered([grant], [{ level: scope, rules: EVERYTHING, source: grant.source }]).length === 0;

const gone = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp !== undefined;

/** What of a tenant's objects counts: what is being deleted is gone already. */
export function adminAccess(objects: AdminObjects): TenantAccess {
  const there = <T extends ApiObject>(all: readonly T[]): T[] => all.filter((one) => !gone(one));
  return accessOf(objects.tenant, { roles: there(objects.roles), teams: there(objects.teams), bindings: there(objects.bindings) });
}

/** Whom the bindings of a tenant make administrators, directly, as members of teams, and by the mappings of providers. */
export function candidatesOf(scope: AdminScope, objects: AdminObjects): Candidates[] {
  const access = adminAccess(objects);
  const subjects = access.bindings.filter((binding) => gives(scope, access, binding)).flatMap(({ spec }) => spec.subjects);
  const teams = subjects
    .filter((subject) => subject.kind === 'Team' && homeOf(objects.tenant, subject) === objects.tenant)
    .map(({ name }) => name);
  const members = [...access.teams].filter(([, of]) => of.some((team) => teams.includes(team))).map(([name]) => name);
  const groups = objects.providers.flatMap(({ spec }) => spec.teams.filter(({ team }) => teams.includes(team)).map(({ group }) => group));
  const byTenant = new Map<string, Set<string>>([[objects.tenant, new Set(members)]]);
  for (const subject of subjects.filter(({ kind }) => kind === 'User')) {
    const home = homeOf(objects.tenant, subject);
    byTenant.set(home, (byTenant.get(home) ?? new Set()).add(subject.name));
  }
  return [...byTenant].map(([tenant, names]) => ({ tenant, names: [...names], groups: tenant === objects.tenant ? groups : [] }));
}

const gives = (scope: AdminScope, access: TenantAccess, binding: BindingInfo): boolean => {
  const grant = grantOf(access, binding, '');
  return grant !== undefined && isAdminGrant(scope, grant);
};

const homeOf = (tenant: string, subject: Subject): string => (tenant === SYSTEM_TENANT ? (subject.tenant ?? SYSTEM_TENANT) : tenant);

/** Whether somebody is an administrator by what a tenant's bindings say. Whether they can sign in is another question. */
export function isAdministrator(scope: AdminScope, objects: AdminObjects, user: User, home: string): boolean {
  const access = adminAccess(objects);
  const { name } = user.metadata;
  const provider = objects.providers.find((one) => standsBehind(one, user));
  const mapped = provider === undefined ? [] : mappedTeams(provider.spec, user.status?.signIn?.groups ?? []);
  const teams = home === objects.tenant ? [...(access.teams.get(name) ?? []), ...mapped] : [];
  return grantsOf(access, { kind: 'User', tenant: home, name }, teams).some((grant) => isAdminGrant(scope, grant));
}

/** Whether somebody could sign in: neither disabled nor gone, of a tenant that is neither suspended nor gone, and by a provider that is still there, if by one at all. */
export function canSignIn(user: User, tenant: ApiObject<TenantSpec> | undefined, providers: readonly Provider[]): boolean {
  if (user.spec.disabled || gone(user) || tenant === undefined || tenant.spec.suspended || gone(tenant)) return false;
  return user.spec.identity === undefined || providers.some((provider) => letsIn(provider, user));
}
