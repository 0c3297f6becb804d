import type { Subresource, SubresourceContext } from '@slipway/api';
import { type Clock, SlipwayError } from '@slipway/kit';
import type { PackResolver } from '@slipway/link';
import {
  type Acceptance,
  acceptedPack,
  type ApiObject,
  type ImpactPlan,
  type ObjectStore,
  packKinds,
  type PackSpec,
  type PackStatus,
} from '@slipway/model';
import { z } from 'zod';
import { requestSync } from './sync-requests.ts';

type PackObject = ApiObject<PackSpec, PackStatus>;

export interface AcceptDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly packs: Pick<PackResolver, 'trial'>;
  /** What is remembered in memory may no longer be so. */
  readonly forget: () => void;
  /** What it does to clusters that the caller may read. */
  readonly impact: (context: SubresourceContext, pack: PackObject, accept: Acceptance) => Promise<ImpactPlan>;
}

const bodySchema = z.strictObject({ version: z.string().min(1).max(200), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

/**
 * `POST …/packs/<name>/accept` with `{"version", "digest"}`: the content by which a published version was replaced is used from now on. With `?dryRun=All` it says what that
 * does to clusters. Exactly what is named is accepted: when the registry has something else by now, nothing is.
 */
export const acceptSubresources = (deps: AcceptDeps): Subresource[] =>
  packKinds.all.map(({ kind }) => ({
    kind,
    name: 'accept',
    verbs: ['create'],
    methods: ['POST'],
    handle: (context) => accept(deps, context),
  }));

async function accept(deps: AcceptDeps, context: SubresourceContext): Promise<object> {
  const body = bodySchema.safeParse(context.body);
  if (!body.success)
    throw new SlipwayError(
      'BadRequest',
      'The body must be {"version": "1.2.3", "digest": "sha256:…"}: what was looked at and is accepted.',
    );
  const { tenant, project, principal, query } = context;
  const pack = context.object as PackObject;
  const at = new Date(deps.clock.now()).toISOString();
  const { spec, status, was } = acceptedPack(pack, body.data, { by: principal.name, at });
  const registry = { tenant, project, name: pack.spec.registry };
  // What cannot be had, or is not signed as it must be, is not accepted: clusters would wait for it.
  const trial = deps.packs.trial?.({ registry, accepted: { name: pack.spec.name, ...body.data } });
  await trial?.packInfo?.({ tenant, project, registry: pack.spec.registry, name: pack.spec.name, version: body.data.version });
  const answer = { kind: 'PackAcceptance', pack: pack.spec.name, ...body.data, was };
  if (query.get('dryRun') === 'All') return { ...answer, impact: await deps.impact(context, pack, body.data) };
  // In this order: cut short in between, nothing is in force, and the next sync notes again that the version was replaced.
  const noted = await deps.store.updateStatus({ ...pack, status }, { tenant });
  await deps.store.update({ ...noted, spec }, { tenant });
  deps.forget();
  // What the registry's conditions say of replaced versions is of before.
  await requestSync(deps.store, registry, at);
  return answer;
}
