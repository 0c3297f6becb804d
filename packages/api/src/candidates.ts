import { SlipwayError } from '@slipway/kit';
import type { ApiObject } from '@slipway/model';
import { invalid, type ServedKind } from './kind-schema.ts';
import { metadataCauses } from './metadata.ts';
import { mergePatch } from './patches.ts';
import type { PlanCandidate, SubresourceContext } from './ports.ts';
import type { ReadsFor } from './writes.ts';

export interface CandidateDeps {
  readonly served: readonly ServedKind[];
  readonly readsFor: ReadsFor;
}

/** The objects of a request `{"objects": […]}` as they would be stored, checked as a write would be; nothing is stored. */
export async function candidatesOf(deps: CandidateDeps, context: SubresourceContext): Promise<PlanCandidate[]> {
  const candidates: PlanCandidate[] = [];
  for (const raw of objectsOf(context.body)) {
    const served = servedFor(deps, raw);
    // It is about clusters, and no way to ask what else there is.
    if (served.kind.scope !== 'project' && !served.kind.visibleBelow)
      throw new SlipwayError('BadRequest', `A plan is not about a ${served.kind.kind}.`);
    candidates.push(await candidateOf({ deps, context, served, raw, before: candidates }));
  }
  return candidates;
}

export function servedFor({ served }: Pick<CandidateDeps, 'served'>, raw: unknown): ServedKind {
  const name = (raw as { kind?: unknown } | null)?.kind;
  const found = served.find((candidate) => candidate.kind.kind === name);
  if (found === undefined) throw new SlipwayError('BadRequest', `There is no kind "${String(name)}".`);
  return found;
}

function objectsOf(body: unknown): unknown[] {
  if (body === undefined) return [];
  const given = body as { objects?: unknown; items?: unknown; kind?: unknown };
  const list = given.objects ?? given.items;
  if (Array.isArray(list)) return list;
  if (typeof given.kind === 'string') return [body];
  throw new SlipwayError('BadRequest', 'The body must be {"objects": [the objects as they would be applied]}.');
}

export async function candidateOf(input: {
  readonly deps: Pick<CandidateDeps, 'readsFor'>;
  readonly context: SubresourceContext;
  readonly served: ServedKind;
  readonly raw: unknown;
  /** Objects of the same request. */
  readonly before: readonly PlanCandidate[];
}): Promise<PlanCandidate> {
  const { deps, context, served, raw, before } = input;
  const { kind } = served;
  // As an apply does it: what is not named stays. So of what is there, only what differs has to be named.
  const old = await storedOf(context, kind, raw);
  const { object: given } = served.parse(old === undefined ? raw : mergePatch({ ...old, status: undefined }, raw), 'Strict');
  const project = kind.scope === 'project' ? context.project : undefined;
  const causes = metadataCauses(given.metadata);
  if (causes.length > 0) throw invalid(kind, given.metadata.name, causes);
  const object = {
    ...(old ??
      (await context.store.create(
        { ...given, metadata: { ...given.metadata, ...(project === undefined ? {} : { namespace: project }) } },
        { dryRun: true, tenant: context.tenant },
      ))),
    spec: given.spec,
  };
  const stored = deps.readsFor(context);
  await kind.admit?.({
    object,
    tenant: context.tenant,
    ...(old === undefined ? {} : { old }),
    planned: true,
    reads: {
      ...stored,
      // Objects of the same request are there already: a new pool may name a new cluster.
      get: async (other, otherName, otherProject) =>
        before.find((one) => one.object.kind === other && one.object.metadata.name === otherName)?.object ??
        stored.get(other, otherName, otherProject),
      list: async (other, otherProject) => {
        const items = await stored.list(other, otherProject);
        const added = before.filter((one) => one.object.kind === other).map((one) => one.object);
        const replaced = new Set(added.map((one) => one.metadata.name));
        return [...items.filter((item) => !replaced.has(item.metadata.name)), ...added];
      },
    },
  });
  return { object, ...(old === undefined ? {} : { old }) };
}

const NAME = /^[a-z0-9.-]{1,253}$/;

async function storedOf(context: SubresourceContext, kind: ServedKind['kind'], raw: unknown): Promise<ApiObject | undefined> {
  const name = (raw as { metadata?: { name?: unknown } } | null)?.metadata?.name;
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  const project = kind.scope === 'project' ? context.project : undefined;
  return context.store.get({ tenant: context.tenant, kind: kind.kind, project, name });
}
