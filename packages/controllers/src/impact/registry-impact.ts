import { createGate, messageOf } from '@slipway/kit';
import type { PackResolver, RegistryChange } from '@slipway/link';
import {
  type ApiObject,
  changePlan,
  type ChartRef,
  packKey,
  type PackSpec,
  type PlannedAction,
  type RegistrySpec,
  type ResolvedLayer,
} from '@slipway/model';
import type { ClusterImpact, ImpactDeps, ImpactInput } from './plan-impact.ts';

/** What becomes of one chart. */
type Difference =
  | { readonly type: 'none' }
  | { readonly type: 'other'; readonly from: string | undefined; readonly to: string }
  | { readonly type: 'gone'; readonly why: string };

/** Charts that are asked for at once. */
const AT_ONCE = 4;

/** The charts that clusters have from a registry, as it would give them: each is fetched once, nothing is kept of it. */
export function registryImpact({ packs, resolveCluster }: ImpactDeps, input: ImpactInput): ClusterImpact | undefined {
  const { object, tenant } = input;
  const { namespace: project } = object.metadata;
  const { name, change, concerns } = changeOf(input);
  const trial = packs.trial?.({ registry: { tenant, project, name }, ...change });
  if (trial?.packInfo === undefined) return undefined;
  const scope = project === undefined ? 'tenant' : 'project';
  const gate = createGate({ atOnce: AT_ONCE });
  const known = new Map<string, Promise<Difference>>();
  const differenceOf = (chart: ChartRef): Promise<Difference> => {
    const asked = known.get(packKey(chart)) ?? gate(() => compared(packs, trial, { ...chart, tenant, project }));
    known.set(packKey(chart), asked);
    return asked;
  };
  return async (cluster, place) => {
    const { resolved } = await resolveCluster(place, cluster, { packs: false });
    if (!resolved.ok) return undefined;
    const layers = resolved.profile.layers.flatMap((layer) => {
      const { content } = layer;
      return content.type === 'chart' && content.registry === name && content.registryScope === scope && concerns(content)
        ? [{ layer, chart: content }]
        : [];
    });
    if (layers.length === 0) return undefined;
    const actions = await Promise.all(
      layers.map(async ({ layer, chart }) => actionOf({ layer, chart, difference: await differenceOf(chart) })),
    );
    return { ok: true, plan: changePlan(cluster.metadata.name, actions.flat()) };
  };
}

interface RegistryEffect {
  readonly name: string;
  readonly change: DistributiveOmit<RegistryChange, 'registry'>;
  readonly concerns: (chart: ChartRef) => boolean;
}
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Of a registry all its charts; of a pack the version whose content is accepted. */
function changeOf({ object, remove, accept }: ImpactInput): RegistryEffect {
  if (accept === undefined) {
    const registry = object as ApiObject<RegistrySpec>;
    return { name: registry.metadata.name, change: { spec: remove ? undefined : registry.spec }, concerns: () => true };
  }
  const { name, registry } = (object as ApiObject<PackSpec>).spec;
  return {
    name: registry,
    change: { accepted: { name, ...accept } },
    concerns: (chart) => chart.name === name && chart.version === accept.version,
  };
}

type Resolving = Pick<PackResolver, 'packInfo'>;

async function compared(before: Resolving, after: Resolving, ref: Parameters<PackResolver['resolveChart']>[0]): Promise<Difference> {
  const from = await before.packInfo?.(ref).then(
    ({ digest }) => digest,
    () => undefined,
  );
  try {
    const to = (await after.packInfo?.(ref))?.digest;
    return to === undefined || from === to ? { type: 'none' } : { type: 'other', from, to };
  } catch (error) {
    // What cannot be had as it is, nobody loses.
    return from === undefined ? { type: 'none' } : { type: 'gone', why: messageOf(error) };
  }
}

function actionOf({ layer, chart, difference }: { layer: ResolvedLayer; chart: ChartRef; difference: Difference }): PlannedAction[] {
  const what = `${chart.name} ${chart.version}`;
  const action = { verb: 'change', target: `layer ${layer.name}` } as const;
  switch (difference.type) {
    case 'none':
      return [];
    case 'other':
      return [
        {
          ...action,
          summary: `Install other content as ${what} in layer ${layer.name}.`,
          impact: 'restart',
          reason:
            'The registry gives another archive under the same version, and the catalogue knew none before; pods of this layer may restart.',
          diff: [{ path: 'digest', ...(difference.from === undefined ? {} : { from: difference.from }), to: difference.to }],
        },
      ];
    case 'gone':
      return [
        {
          ...action,
          summary: `Layer ${layer.name} keeps what it has: ${what} could not be had any more.`,
          impact: 'none',
          reason: `What runs stays as it is; the layer cannot be changed until its chart can be had again. ${difference.why}`,
          diff: [],
        },
      ];
  }
}
