import { SlipwayError } from '@slipway/kit';
import {
  type ApiKeySpec,
  type ApiObject,
  deepEqual,
  type Grant,
  type IdentityProviderSpec,
  type NewObject,
  type ObjectStore,
  type Principal,
  restrictionGrant,
  type RoleSpec,
  type Subject,
  SYSTEM_TENANT,
  type TeamSpec,
  uncovered,
  type UserSpec,
} from '@slipway/model';
import { type Directory, grantOf, grantsOf, type SubjectRef } from './directory.ts';
import { subjectOf } from './principals.ts';
import { grantsIn } from './standing.ts';

export interface PrivilegeDeps {
  readonly directory: Directory;
  readonly authorizer: { grants(principal: Principal): Promise<Grant[]> };
  readonly principal: Principal;
}

interface Write {
  readonly tenant: string;
  readonly object: NewObject | ApiObject;
  readonly old?: ApiObject | undefined;
}

/**
 * Nobody gives a right that they do not hold: not by a role, a binding, a team, an account that bindings name, nor a key. There is no verb that lifts this.
 * What a write would give is computed as grants, and each must be inside one that the caller has.
 */
export async function refuseEscalation(deps: PrivilegeDeps & { readonly store: ObjectStore }, write: Write): Promise<void> {
  if (write.old !== undefined && deepEqual(write.old.spec, write.object.spec)) return;
  await refuseBeyond(deps, await givenBy(deps, write), `${write.object.kind} "${write.object.metadata.name ?? ''}"`);
}

/** Refuses to let the caller act as somebody who holds more: a password reset, a key for a service account. */
export async function refuseActingAs(deps: PrivilegeDeps, subject: SubjectRef): Promise<void> {
  const own = subjectOf(deps.principal);
  const same = own.kind === subject.kind && own.tenant === subject.tenant && own.name === subject.name && own.project === subject.project;
  if (same && deps.principal.restriction === undefined) return;
  await refuseBeyond(deps, await allGrantsOf(deps.directory, subject), `${subject.kind} "${subject.name}"`);
}

/** Refuses what would give rights that the caller does not hold. */
export async function refuseBeyond({ authorizer, principal }: PrivilegeDeps, given: readonly Grant[], what: string): Promise<void> {
  if (given.length === 0) return;
  const beyond = uncovered(await authorizer.grants(principal), given);
  const scope = principal.restriction === undefined ? [] : uncovered([restrictionGrant(principal.restriction)], given);
  const missing = [...new Set([...beyond, ...scope])];
  if (missing.length === 0) return;
  const shown = missing.slice(0, 5).join('; ') + (missing.length > 5 ? `; and ${missing.length - 5} more` : '');
  throw new SlipwayError(
    'Forbidden',
    `User "${principal.name}" cannot write ${what}: it would give rights that they do not hold themselves: ${shown}.`,
    {
      hint: 'Somebody who holds them all can.',
    },
  );
}

async function allGrantsOf(directory: Directory, subject: SubjectRef): Promise<Grant[]> {
  const own = await grantsIn(directory, subject.tenant, subject);
  return subject.tenant === SYSTEM_TENANT ? own : [...own, ...(await grantsIn(directory, SYSTEM_TENANT, subject))];
}

/** What a write gives to whomever: the rights behind it, not the change of them, so that an old mistake is not carried on. */
async function givenBy(
  { directory, principal, store }: PrivilegeDeps & { readonly store: ObjectStore },
  { tenant, object, old }: Write,
): Promise<Grant[]> {
  const name = object.metadata.name ?? '';
  switch (object.kind) {
    case 'Role':
      return [roleGrant(name, object.spec as RoleSpec)];
    case 'RoleBinding':
    case 'ProjectRoleBinding': {
      const binding = { name, project: object.metadata.namespace, spec: object.spec as { role: string; subjects: Subject[] } };
      const grant = grantOf(await directory.access(tenant), binding, 'its subjects');
      // What gives nothing now could give anything once its role changes to fit.
      if (grant === undefined)
        throw new SlipwayError('Forbidden', `${object.kind} "${name}": the role "${binding.spec.role}" cannot be bound here.`);
      return [grant];
    }
    case 'Team': {
      const before = new Set((old?.spec as TeamSpec | undefined)?.members);
      const added = (object.spec as TeamSpec).members.filter((member) => !before.has(member));
      return added.length === 0 && old !== undefined ? [] : allGrantsOf(directory, { kind: 'Team', tenant, name });
    }
    case 'User': {
      return onlyDisables(object.spec as UserSpec, old?.spec) ? [] : allGrantsOf(directory, { kind: 'User', tenant, name });
    }
    case 'IdentityProvider': {
      const spec = object.spec as IdentityProviderSpec;
      return old !== undefined && onlyDisables(spec, old.spec) ? [] : providerGrants({ directory, store }, { tenant, name, spec });
    }
    case 'ServiceAccount':
      return allGrantsOf(directory, { kind: 'ServiceAccount', tenant, name, project: object.metadata.namespace });
    case 'ApiKey':
      return keyGrants(directory, principal, { tenant, spec: object.spec as ApiKeySpec, old: old?.spec as ApiKeySpec | undefined });
    default:
      return [];
  }
}

const onlyDisables = (spec: { readonly disabled: boolean }, old: unknown): boolean =>
  spec.disabled && (old === undefined || deepEqual({ ...(old as object), disabled: true }, spec));

/** Whoever writes a provider says who its people are and who is in the teams it maps: they could be any of them. */
async function providerGrants(
  { directory, store }: { directory: Directory; store: ObjectStore },
  { tenant, name, spec }: { tenant: string; name: string; spec: IdentityProviderSpec },
): Promise<Grant[]> {
  const [own, system] = await Promise.all([directory.access(tenant), directory.access(SYSTEM_TENANT)]);
  const people = await store.list({ tenant, kind: 'User', fieldSelector: `spec.identity.provider=${name}` });
  const teams = new Set([
    ...spec.teams.map(({ team }) => team),
    ...people.items.flatMap((user) => own.teams.get(user.metadata.name) ?? []),
  ]);
  const subjects: SubjectRef[] = [
    ...[...teams].map((team): SubjectRef => ({ kind: 'Team', tenant, name: team })),
    ...people.items.map((user): SubjectRef => ({ kind: 'User', tenant, name: user.metadata.name })),
  ];
  return subjects.flatMap((subject) =>
    [own, ...(tenant === SYSTEM_TENANT ? [] : [system])].flatMap((access) => grantsOf(access, subject, [])),
  );
}

/** A role may be bound anywhere by somebody else, so its rules count for the whole tenant. */
function roleGrant(name: string, spec: RoleSpec): Grant {
  const level = spec.level === 'resource' ? 'project' : spec.level;
  return { level, rules: spec.rules, source: { role: name, binding: '', subject: '' } };
}

async function keyGrants(
  directory: Directory,
  principal: Principal,
  key: { tenant: string; spec: ApiKeySpec; old: ApiKeySpec | undefined },
): Promise<Grant[]> {
  const { tenant, spec, old } = key;
  if (old !== undefined && !deepEqual(old.owner, spec.owner))
    throw new SlipwayError('Invalid', 'spec.owner of a key cannot change: make another key.');
  const { owner } = spec;
  if (old !== undefined && spec.disabled) return [];
  refuseScoped(principal);
  if (owner.kind === 'User') {
    refuseOthersKey(principal, { kind: 'User', tenant, name: owner.name });
    return [];
  }
  return allGrantsOf(directory, { kind: 'ServiceAccount', tenant, name: owner.name, project: owner.project });
}

/** A key is its owner: a person's is made by that person only. */
export function refuseOthersKey(principal: Principal, owner: SubjectRef): void {
  refuseScoped(principal);
  const own = subjectOf(principal);
  if (own.kind === owner.kind && own.name === owner.name && own.tenant === owner.tenant) return;
  throw new SlipwayError('Forbidden', `A key of user "${owner.name}" can be made by that user only.`, {
    hint: 'For automation make a service account.',
  });
}

/** Otherwise a scoped key could make itself one without a scope. */
function refuseScoped(principal: Principal): void {
  if (principal.restriction !== undefined)
    throw new SlipwayError('Forbidden', 'A key that is limited by a scope cannot make or change keys.');
}
