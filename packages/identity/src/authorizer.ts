import {
  type AccessRequest,
  type Authorizer,
  COLLECTION_VERBS,
  commonRules,
  decide,
  type Decision,
  type Grant,
  kinds,
  normalized,
  type ObjectScope,
  type ObjectStore,
  type Principal,
  resourceKinds,
  selfGrants,
  SYSTEM_TENANT,
} from '@slipway/model';
import type { Directory } from './directory.ts';
import { explainMissing } from './explain.ts';
import { createGuardedStore } from './guarded-store.ts';
import { createLasting } from './lasting.ts';
import { subjectOf } from './principals.ts';
import { grantsIn } from './standing.ts';

const kindNames: ReadonlyMap<string, string> = new Map(kinds.map((kind) => [kind.plural, kind.kind]));

export interface AuthorizerDeps {
  readonly directory: Directory;
  readonly store: ObjectStore;
  /** Whom the credential of a principal proves by now. */
  readonly again: (principal: Principal) => Promise<Principal | undefined>;
  /** Makes what a new tenant starts with. */
  readonly prepareTenant?: ((tenant: string) => Promise<void>) | undefined;
}

/** Decides who may do what, from the objects of the tenant. */
export function createAuthorizer(deps: AuthorizerDeps): Authorizer & { grants(principal: Principal): Promise<Grant[]> } {
  const { directory } = deps;
  const systemGrants = async (principal: Principal): Promise<Grant[]> =>
    (await grantsIn(directory, SYSTEM_TENANT, subjectOf(principal))).filter((grant) => grant.level === 'system');
  const grants = async (principal: Principal): Promise<Grant[]> => {
    const system = await systemGrants(principal);
    if (principal.tenant !== principal.home) return system;
    const own = await grantsIn(directory, principal.tenant, subjectOf(principal));
    return [...system, ...own.filter((grant) => grant.level !== 'system')];
  };
  /** With what everybody may do about themselves at home, which nobody gives on. */
  const held = async (principal: Principal): Promise<Grant[]> => {
    const subject = subjectOf(principal);
    const own = subject.kind === 'User' && principal.tenant === principal.home ? selfGrants(subject.name) : [];
    return [...(await grants(principal)), ...own];
  };
  const authorizer: ReturnType<typeof createAuthorizer> = {
    async enter(principal, tenant) {
      if (tenant === principal.home) return { ...principal, tenant };
      // In this order: for those without a system role the answer takes the same time for any name.
      if ((await systemGrants(principal)).length === 0 || principal.restriction !== undefined) return undefined;
      const found = tenant === SYSTEM_TENANT || (await directory.find('Tenant', SYSTEM_TENANT, tenant)) !== undefined;
      return found ? { ...principal, tenant } : undefined;
    },
    async authorize(principal, request) {
      const decision = decide({ grants: await held(principal), restriction: principal.restriction, kinds: resourceKinds }, request);
      if (decision.allowed) return decision;
      return { ...decision, reason: explainMissing(await directory.access(principal.tenant), principal, request, decision.reason) };
    },
    async review(principal, request) {
      const decision = await authorizer.authorize(principal, request);
      const { allowed, reason, only } = decision;
      if (only === undefined) return { allowed, reason };
      if (COLLECTION_VERBS.has(request.verb) || request.verb === 'create') return { allowed, reason: `${reason} (${limitWords(only)})` };
      const object = request.name === undefined ? undefined : await reviewed(authorizer, principal, request, decision);
      if (object) return { allowed: true, reason };
      return { allowed: false, reason: `only ${limitWords(only)}, by ${reason}` };
    },
    async rules(principal, project) {
      const inProject = (grant: Grant) => grant.projects === undefined || (project !== undefined && grant.projects.includes(project));
      const reached = (await held(principal)).filter(inProject);
      const rules = reached.flatMap((grant) => grant.rules);
      const { restriction } = principal;
      const incomplete = reached.some((grant) => grant.selector !== undefined);
      if (restriction === undefined) return { rules, incomplete };
      const outside = restriction.projects !== undefined && (project === undefined || !restriction.projects.includes(project));
      return { rules: outside ? [] : commonRules(rules, restriction.rules), incomplete };
    },
    guard: (principal, request, decision) => createGuardedStore({ ...deps, authorizer, principal, request: normalized(request), decision }),
    lasting: (principal, request, decision, also) =>
      createLasting({ directory, store: deps.store, again: deps.again, authorizer }, { principal, request, decision, also }),
    grants,
  };
  return authorizer;
}

/** Whether the object a review names is there and in reach. */
async function reviewed(authorizer: Authorizer, principal: Principal, request: AccessRequest, decision: Decision): Promise<boolean> {
  const kind = kindNames.get(normalized(request).resource);
  if (kind === undefined || request.name === undefined) return false;
  const found = authorizer
    .guard(principal, request, decision)
    .get({ tenant: principal.tenant, kind, project: request.project, name: request.name });
  return (await found.catch(() => undefined)) !== undefined;
}

const limitWords = (only: readonly ObjectScope[]): string =>
  only
    .map(({ projects, names, labelSelector, fieldSelector }) =>
      [
        ...(projects === undefined ? [] : [`in ${projects.join(', ')}`]),
        ...(names === undefined ? [] : [`named ${names.join(', ')}`]),
        ...(labelSelector === undefined ? [] : [`labelled ${labelSelector}`]),
        ...(fieldSelector === undefined ? [] : [`with ${fieldSelector}`]),
      ].join(' '),
    )
    .map((text) => `objects ${text}`)
    .join(' or ');
