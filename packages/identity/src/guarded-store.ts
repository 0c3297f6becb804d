import { SlipwayError } from '@slipway/kit';
import {
  type AccessRequest,
  type ApiObject,
  type Authorizer,
  type Decision,
  type Grant,
  kinds,
  type NewObject,
  type ObjectStore,
  type Principal,
  scopesMatcher,
  tenantOfKind,
  wordsOf,
} from '@slipway/model';
import type { Directory } from './directory.ts';
import { makerOf } from './principals.ts';
import { namesOtherOwners, refusedOwners, refuseGivingAway } from './object-moves.ts';
import { refuseEscalation } from './privileges.ts';
import { emptyLeftovers, emptyProject, refuseUnlessEmpty } from './tenants.ts';

export interface GuardedStoreDeps {
  readonly store: ObjectStore;
  readonly directory: Directory;
  readonly authorizer: Authorizer & { grants(principal: Principal): Promise<Grant[]> };
  readonly principal: Principal;
  readonly request: AccessRequest;
  readonly decision: Decision;
  readonly prepareTenant?: ((tenant: string) => Promise<void>) | undefined;
}

/**
 * The store as one request may use it. Objects of the kind the request is about that its decision does not reach are not there: no read, list, count or watch
 * shows them, no write changes them. Writes that would give somebody rights are checked against what the caller holds. Other kinds are read as they are: admission
 * needs them.
 */
export function createGuardedStore(deps: GuardedStoreDeps): ObjectStore {
  const { store, directory, principal, request, decision } = deps;
  const addressed = kinds.find((kind) => kind.plural === request.resource)?.kind;
  const { only } = decision;
  const by = makerOf(principal);
  const reaches = only === undefined ? undefined : scopesMatcher(only);
  const tenantOf = (kind: string, tenant?: string) => tenantOfKind(kind, tenant ?? principal.tenant);
  const outOfReach = (object: Pick<ApiObject, 'kind' | 'metadata' | 'spec'> | undefined): boolean =>
    object !== undefined && object.kind === addressed && reaches !== undefined && !reaches(object);
  const forbidden = (name: string): SlipwayError =>
    new SlipwayError(
      'Forbidden',
      `User "${principal.name}" cannot ${wordsOf(request)} for "${name}": the labels or the name are outside what ${decision.reason} allows.`,
    );
  /** An object that may be seen but not changed is refused as such; one that may not be seen is not there. */
  const hidden = async (object: ApiObject): Promise<undefined> => {
    if (request.verb === 'get') return undefined;
    const seen = await deps.authorizer.authorize(principal, {
      ...request,
      verb: 'get',
      subresource: undefined,
      name: object.metadata.name,
    });
    if (seen.allowed && (seen.only === undefined || scopesMatcher(seen.only)(object))) throw forbidden(object.metadata.name);
    return undefined;
  };
  const wrote = (object: { kind: string }, tenant: string, dryRun: boolean | undefined) => {
    if (!dryRun) directory.changed(object.kind, tenant);
  };

  return {
    async get(ref) {
      const object = await store.get({ ...ref, tenant: tenantOf(ref.kind, ref.tenant) });
      return object !== undefined && outOfReach(object) ? hidden(object) : object;
    },
    list: (query) =>
      store.list({
        ...query,
        tenant: tenantOf(query.kind, query.tenant),
        ...(query.kind === addressed && only !== undefined ? { only } : {}),
      }),
    watch: (query, version, signal) =>
      store.watch(
        { ...query, tenant: tenantOf(query.kind, query.tenant), ...(query.kind === addressed && only !== undefined ? { only } : {}) },
        version,
        signal,
      ),
    async create(object, options = {}) {
      const tenant = tenantOf(object.kind, options.tenant);
      await mayCreate(deps, object);
      if (outOfReach(withName(object))) throw forbidden(object.metadata.name ?? '');
      await refuseEscalation(deps, { tenant, object });
      if (object.kind === 'Project' && !options.dryRun) await emptyLeftovers(store, tenant, object.metadata.name);
      const made = await store.create(object, { ...options, tenant, by });
      wrote(object, tenant, options.dryRun);
      if (object.kind === 'Tenant' && !options.dryRun) await deps.prepareTenant?.(made.metadata.name);
      return made;
    },
    async update(object, options = {}) {
      const tenant = tenantOf(object.kind, options.tenant);
      const old = await store.get({ tenant, kind: object.kind, project: object.metadata.namespace, name: object.metadata.name });
      // Neither changing what is out of reach nor moving something there: it would be given away.
      if (outOfReach(old) || outOfReach(object)) throw forbidden(object.metadata.name);
      await refuseEscalation(deps, { tenant, object, old });
      if (old !== undefined) {
        await refuseGivingAway(deps, { tenant, object, old });
        if (namesOtherOwners({ object, old }) && !(await mayDelete(deps, old))) throw refusedOwners(object.metadata.name);
      }
      const updated = await store.update(object, { ...options, tenant, by });
      wrote(object, tenant, options.dryRun);
      return updated;
    },
    async updateStatus(object, options = {}) {
      const tenant = tenantOf(object.kind, options.tenant);
      if (outOfReach(object)) throw forbidden(object.metadata.name);
      if (object.kind === 'User')
        throw new SlipwayError('Forbidden', 'The status of a user is written by sign-ins only: it decides about their teams.');
      return store.updateStatus(object, { ...options, tenant });
    },
    async maskStored(ref, spec) {
      const tenant = tenantOf(ref.kind, ref.tenant);
      const old = await store.get({ ...ref, tenant });
      // Whoever may not write it must not find out what it holds by guessing.
      return old === undefined || outOfReach(old) ? spec : store.maskStored({ ...ref, tenant }, spec);
    },
    async delete(ref, options = {}) {
      const tenant = tenantOf(ref.kind, ref.tenant);
      const old = await store.get({ ...ref, tenant });
      if (old !== undefined && outOfReach(old)) await hidden(old).then(() => Promise.reject(notThere(ref)));
      if (ref.kind === 'Tenant' && old !== undefined) {
        // Before it is emptied: what may not go keeps what it has.
        await store.delete({ ...ref, tenant }, { ...options, by, dryRun: true });
        await refuseUnlessEmpty(store, ref.name, options.dryRun ?? false);
      }
      const deleted = await store.delete({ ...ref, tenant }, { ...options, by });
      wrote(ref, tenant, options.dryRun);
      if (ref.kind === 'Project' && !options.dryRun) await emptyProject(store, { tenant, project: ref.name });
      return deleted;
    },
  };
}

const withName = (object: NewObject): ApiObject =>
  ({ ...object, metadata: { ...object.metadata, name: object.metadata.name ?? '' } }) as ApiObject;

async function mayDelete({ authorizer, principal, request }: GuardedStoreDeps, object: ApiObject): Promise<boolean> {
  const wanted = { ...request, verb: 'delete', subresource: undefined, name: object.metadata.name };
  const { allowed, only } = await authorizer.authorize(principal, wanted);
  return allowed && (only === undefined || scopesMatcher(only)(object));
}

const notThere = (ref: { kind: string; name: string }): SlipwayError =>
  new SlipwayError('NotFound', `${ref.kind} "${ref.name}" was not found.`);

/** Applying or patching something that is not there makes it, which takes the right to make it. */
async function mayCreate({ authorizer, principal, request }: GuardedStoreDeps, object: NewObject): Promise<void> {
  if (request.verb === 'create') return;
  const wanted = { ...request, verb: 'create', name: undefined };
  const decision = await authorizer.authorize(principal, wanted);
  const inside = decision.only === undefined || scopesMatcher(decision.only)(withName(object));
  if (decision.allowed && inside) return;
  throw new SlipwayError('Forbidden', `User "${principal.name}" cannot ${wordsOf(wanted)}: ${decision.reason}.`);
}
