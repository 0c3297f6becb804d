import { messageOf, SlipwayError } from '@slipway/kit';
import {
  type Acceptance,
  type AccessRequest,
  type ApiObject,
  type Authorizer,
  deepEqual,
  type FleetReader,
  GROUP,
  type ImpactPlan,
  impactWarnings,
  type Kind,
  type Principal,
  reachesClusters,
  SYSTEM_TENANT,
} from '@slipway/model';
import { type CandidateDeps, candidateOf, servedFor } from './candidates.ts';
import type { ClusterPlace, ImpactFor, Subresource, SubresourceContext } from './ports.ts';

export interface ImpactDeps {
  readonly authorizer: Pick<Authorizer, 'enter' | 'authorize' | 'guard'>;
  readonly fleet: Pick<FleetReader, 'listAll'>;
  readonly impactFor: ImpactFor;
}

/** What a write of a macro or a registry would do to clusters. */
export interface Write {
  readonly object: ApiObject;
  readonly old?: ApiObject | undefined;
  readonly remove?: boolean;
  /** Of a pack of the catalogue: the content that somebody would accept. */
  readonly accept?: Acceptance;
}

const LIST_CLUSTERS: AccessRequest = { verb: 'list', group: GROUP, resource: 'clusters' };

/** Where clusters are that a caller may read: of their tenant; of what belongs to the installation, of every tenant that they may enter. */
async function placesOf({ authorizer, fleet }: ImpactDeps, principal: Principal, kind: Kind): Promise<ClusterPlace[]> {
  const tenants =
    kind.scope === 'system' || principal.tenant === SYSTEM_TENANT
      ? (await fleet.listAll('Tenant')).items.map(({ object }) => object.metadata.name)
      : [principal.tenant];
  const places: ClusterPlace[] = [];
  for (const tenant of tenants) {
    const entered = tenant === principal.tenant ? principal : await authorizer.enter(principal, tenant);
    const decision = entered && (await authorizer.authorize(entered, LIST_CLUSTERS));
    if (entered && decision?.allowed) places.push({ tenant, store: authorizer.guard(entered, LIST_CLUSTERS, decision) });
  }
  return places;
}

/** The impact of one write, on clusters that the caller may read. */
export async function impactOf(deps: ImpactDeps, principal: Principal, { kind, write }: { kind: Kind; write: Write }): Promise<ImpactPlan> {
  const { object, old, remove, accept } = write;
  const places = await placesOf(deps, principal, kind);
  return deps.impactFor({
    tenant: principal.tenant,
    object,
    places,
    ...(old === undefined ? {} : { old }),
    ...(remove === undefined ? {} : { remove }),
    ...(accept === undefined ? {} : { accept }),
  });
}

/** What a dry run tells: nothing when nothing changes. A preview that does not work out refuses nothing. */
export async function foretold(deps: ImpactDeps, principal: Principal, about: { kind: Kind; write: Write }): Promise<string[]> {
  const { object, old, remove } = about.write;
  if (!reachesClusters(about.kind) || (old !== undefined && !remove && deepEqual(old.spec, object.spec))) return [];
  try {
    return impactWarnings(await impactOf(deps, principal, about));
  } catch (error) {
    return [`what this does to clusters could not be found out: ${error instanceof SlipwayError ? messageOf(error) : 'an internal error'}`];
  }
}

/**
 * `POST …/macros/<name>/plan` and `…/registries/<name>/plan` with the object as it would be applied: what that would do to clusters that run. It is checked as the write
 * would be, and takes the same right; nothing is stored.
 */
export function impactSubresources(
  deps: CandidateDeps & ImpactDeps & { readonly grant: (principal: Principal, request: AccessRequest) => Promise<unknown> },
): Subresource[] {
  const handle = async (kind: Kind, context: SubresourceContext): Promise<object> => {
    const served = servedFor(deps, context.body);
    if (served.kind.kind !== kind.kind) throw new SlipwayError('BadRequest', `The body must be a ${kind.kind}.`);
    const { principal, project, name } = context;
    const there = await context.store.get({ tenant: context.tenant, kind: kind.kind, project, name });
    await deps.grant(principal, { verb: there === undefined ? 'create' : 'update', group: GROUP, resource: kind.plural, project, name });
    const write = await candidateOf({ deps, context, served, raw: context.body, before: [] });
    if (write.object.metadata.name !== name)
      throw new SlipwayError('BadRequest', `The ${kind.kind} in the body is "${write.object.metadata.name}", the address says "${name}".`);
    return impactOf(deps, principal, { kind, write });
  };
  return deps.served
    .filter(({ kind }) => reachesClusters(kind))
    .map(({ kind }) => ({
      kind: kind.kind,
      name: 'plan',
      verbs: ['create'],
      methods: ['POST'],
      objectMayBeMissing: true,
      handle: (context) => handle(kind, context),
    }));
}
