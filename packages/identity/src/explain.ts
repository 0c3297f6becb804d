import {
  type AccessRequest,
  BUILT_IN_ROLES,
  type Grant,
  normalized,
  type Principal,
  reach,
  resourceKinds,
  subjectText,
  SYSTEM_TENANT,
} from '@slipway/model';
import { type BindingInfo, grantOf, roleOf, type TenantAccess } from './directory.ts';

const MOST_NAMED = 5;

/** What is missing, and who of the same tenant can grant it: never anything about another tenant. */
export function explainMissing(access: TenantAccess, principal: Principal, request: AccessRequest, reason: string): string {
  const wanted = normalized(request);
  const roles = [...BUILT_IN_ROLES.filter((role) => role.level !== 'system' || access.tenant === SYSTEM_TENANT), ...access.roles.values()]
    .filter((role) => reach(asGrant(role, wanted.project), wanted, resourceKinds).length > 0)
    .map((role) => role.name)
    .toSorted();
  if (roles.length === 0) return `${reason}; only an operator of this Slipway can`;
  const shown = roles.slice(0, MOST_NAMED).join(', ') + (roles.length > MOST_NAMED ? ', …' : '');
  // Who administers a tenant is nobody's business outside it.
  const granters = principal.home === access.tenant ? grantersOf(access, wanted.project) : [];
  const who = granters.length === 0 ? 'an admin of the tenant' : granters.slice(0, MOST_NAMED).join(', ');
  return `${reason}; one of these roles would: ${shown}; ${who} can grant it`;
}

const asGrant = (role: Pick<Grant, 'level' | 'rules'> & { name: string }, project: string | undefined): Grant => ({
  level: role.level,
  rules: role.rules,
  ...(project === undefined || role.level === 'system' || role.level === 'tenant' ? {} : { projects: [project] }),
  ...(role.level === 'resource' ? { selector: '' } : {}),
  source: { role: role.name, binding: '', subject: '' },
});

/** Subjects who may make bindings: for the tenant, or for the project. None of another tenant: that would tell of it. */
function grantersOf(access: TenantAccess, project: string | undefined): string[] {
  const may = (binding: BindingInfo, resource: string): boolean => {
    const role = roleOf(access, binding.spec.role);
    const grant = role === undefined ? undefined : grantOf(access, binding, '');
    const request = { verb: 'create', group: 'slipway.dev', resource, project: resource === 'rolebindings' ? undefined : project };
    return grant !== undefined && reach(grant, request, resourceKinds).length > 0;
  };
  const granting = access.bindings.filter(
    (binding) => may(binding, 'rolebindings') || (project !== undefined && may(binding, 'projectrolebindings')),
  );
  return [...new Set(granting.flatMap((binding) => binding.spec.subjects.filter((one) => one.tenant === undefined).map(subjectText)))];
}
