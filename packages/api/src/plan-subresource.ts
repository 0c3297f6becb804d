import { type Clock, SlipwayError } from '@slipway/kit';
import type { AdmissionReads } from '@slipway/model';
import type { ServedKind } from './kind-schema.ts';
import { mergePatch } from './patches.ts';
import type { PlanCandidate, PlanFor, Subresource, SubresourceContext } from './ports.ts';
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
 * The cluster itself need not exist yet. Without objects: what is still to happen to the cluster as it is stored.
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
      for (const raw of objects) candidates.push(await candidateOf(deps, context, raw, candidates));
      const project = context.project ?? '';
      return deps.planFor({ tenant: context.tenant, project, cluster: context.name, candidates });
    },
  };
}

function objectsOf(body: unknown): unknown[] {
  if (body === undefined) return [];
  const given = body as { objects?: unknown; items?: unknown; kind?: unknown };
  const list = given.objects ?? given.items;
  if (Array.isArray(list)) return list;
  if (typeof given.kind === 'string') return [body];
  throw new SlipwayError('BadRequest', 'The body must be {"objects": [the objects as they would be applied]}.');
}

async function candidateOf(
  deps: PlanDeps,
  context: SubresourceContext,
  raw: unknown,
  before: readonly PlanCandidate[],
): Promise<PlanCandidate> {
  const name = (raw as { kind?: unknown } | null)?.kind;
  const served = deps.served.find((candidate) => candidate.kind.kind === name);
  if (served === undefined) throw new SlipwayError('BadRequest', `There is no kind "${String(name)}".`);
  const { kind } = served;
  // A plan is about clusters: it is no way to ask what else there is.
  if (kind.scope !== 'project' && !kind.visibleBelow) throw new SlipwayError('BadRequest', `A plan is not about a ${kind.kind}.`);
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
