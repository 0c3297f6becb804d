import { type Clock, SlipwayError } from '@slipway/kit';
import type { AdmissionReads, ApiObject } from '@slipway/model';
import type { ServedKind } from './kind-schema.ts';
import { mergePatch } from './patches.ts';
import type { PlanCandidate, PlanFor, PlanRollout, Subresource, SubresourceContext } from './ports.ts';
import { metadataCauses } from './metadata.ts';
import { invalid } from './kind-schema.ts';

interface PlanDeps {
  readonly served: readonly ServedKind[];
  readonly planFor: PlanFor;
  readonly everywhere: AdmissionReads['everywhere'];
  readonly clock: Clock;
}

/**
 * `POST …/clusters/<name>/plan` with `{"objects": […]}`: what would happen if these objects were applied. They are checked as a write would be; nothing is stored.
 * With `?manifests=true` it also says what becomes of each object that a chart makes. The cluster itself need not exist yet. Without objects: what is still to happen to the cluster as it is stored.
 */
export function planSubresource(deps: PlanDeps): Subresource {
  return {
    kind: 'Cluster',
    name: 'plan',
    verbs: ['create'],
    methods: ['POST'],
    objectMayBeMissing: true,
    handle: async (context) => {
      const objects = objectsOf(context.body);
      const candidates: PlanCandidate[] = [];
      for (const raw of objects) {
        const served = servedFor(deps, raw);
        // A plan is about clusters: it is no way to ask what else there is.
        if (served.kind.scope !== 'project' && !served.kind.visibleBelow)
          throw new SlipwayError('BadRequest', `A plan is not about a ${served.kind.kind}.`);
        candidates.push(await candidateOf({ deps, context, served, raw, before: candidates }));
      }
      const project = context.project ?? '';
      const manifests = context.query.get('manifests') === 'true';
      return deps.planFor({ tenant: context.tenant, project, cluster: context.name, candidates, manifests });
    },
  };
}

/**
 * `POST …/rollouts/<name>/plan`: what a rollout would do to the fleet; the one that is stored, or the Rollout in the body, checked as a write would be. Nothing is stored.
 */
export function rolloutPlanSubresource(deps: Omit<PlanDeps, 'planFor'> & { readonly planRollout: PlanRollout }): Subresource {
  return {
    kind: 'Rollout',
    name: 'plan',
    verbs: ['create'],
    methods: ['POST'],
    objectMayBeMissing: true,
    handle: async (context) => {
      const stored = await context.store.get({ tenant: context.tenant, kind: 'Rollout', name: context.name });
      const isGiven = typeof (context.body as { kind?: unknown } | undefined)?.kind === 'string';
      if (!isGiven && stored === undefined) throw new SlipwayError('NotFound', `rollouts.slipway.dev "${context.name}" not found`);
      if (!isGiven) return deps.planRollout(context.tenant, stored as ApiObject);
      const served = servedFor(deps, context.body);
      if (served.kind.kind !== 'Rollout') throw new SlipwayError('BadRequest', 'The body must be a Rollout, or nothing.');
      const { object } = await candidateOf({ deps, context, served, raw: context.body, before: [] });
      if (object.metadata.name !== context.name)
        throw new SlipwayError('BadRequest', `The Rollout in the body is "${object.metadata.name}", the address says "${context.name}".`);
      return deps.planRollout(context.tenant, object);
    },
  };
}

function servedFor({ served }: Pick<PlanDeps, 'served'>, raw: unknown): ServedKind {
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

async function candidateOf(input: {
  readonly deps: Pick<PlanDeps, 'everywhere'>;
  readonly context: SubresourceContext;
  readonly served: ServedKind;
  readonly raw: unknown;
  /** Objects of the same request. */
  readonly before: readonly PlanCandidate[];
}): Promise<PlanCandidate> {
  const { deps, context, served, raw, before } = input;
  const { kind } = served;
  const { object: given } = served.parse(raw, 'Strict');
  const project = kind.scope === 'project' ? context.project : undefined;
  const causes = metadataCauses(given.metadata);
  if (causes.length > 0) throw invalid(kind, given.metadata.name, causes);
  const old = await context.store.get({ tenant: context.tenant, kind: kind.kind, project, name: given.metadata.name as string });
  // As an apply does it: what is not named stays.
  const merged = old === undefined ? given : served.parse(mergePatch({ ...old, status: undefined }, raw), 'Strict').object;
  const object = {
    ...(old ??
      (await context.store.create(
        { ...given, metadata: { ...given.metadata, ...(project === undefined ? {} : { namespace: project }) } },
        { dryRun: true, tenant: context.tenant },
      ))),
    spec: merged.spec,
  };
  await kind.admit?.({
    object,
    tenant: context.tenant,
    ...(old === undefined ? {} : { old }),
    planned: true,
    reads: {
      // Objects of the same request are there already: a new pool may name a new cluster.
      get: async (other, otherName, otherProject) =>
        before.find((one) => one.object.kind === other && one.object.metadata.name === otherName)?.object ??
        context.store.get({ tenant: context.tenant, kind: other, name: otherName, project: otherProject }),
      list: async (other, otherProject) => {
        const { items } = await context.store.list({ tenant: context.tenant, kind: other, project: otherProject });
        const added = before.filter((one) => one.object.kind === other).map((one) => one.object);
        const replaced = new Set(added.map((one) => one.metadata.name));
        return [...items.filter((item) => !replaced.has(item.metadata.name)), ...added];
      },
      everywhere: deps.everywhere,
    },
  });
  return { object, ...(old === undefined ? {} : { old }) };
}
