import { messageOf } from '@slipway/kit';
import type { ChartRenderer, PackResolver } from '@slipway/link';
import { type ChangePlan, type ClusterPicture, deepEqual, type RenderedLayer, type ResolvedLayer, withRendered } from '@slipway/model';

export interface RenderPlanDeps {
  readonly packs: Pick<PackResolver, 'resolveChart'>;
  readonly render: ChartRenderer | undefined;
}

export interface RenderPlanInput {
  readonly tenant: string;
  readonly project: string;
  readonly current: ClusterPicture | undefined;
  readonly desired: ClusterPicture | undefined;
}

type ChartLayer = ResolvedLayer & { readonly content: Extract<ResolvedLayer['content'], { type: 'chart' }> };

const charts = (picture: ClusterPicture | undefined): Map<string, ChartLayer> =>
  new Map((picture?.profile.layers ?? []).flatMap((layer) => (layer.content.type === 'chart' ? [[layer.name, layer as ChartLayer]] : [])));

/** The plan with what each chart that changes would make before and after. What cannot be rendered says why; the plan stands all the same. */
export async function renderPlan(deps: RenderPlanDeps, plan: ChangePlan, input: RenderPlanInput): Promise<ChangePlan> {
  const [before, after] = [charts(input.current), charts(input.desired)];
  const rendered = new Map<string, RenderedLayer>();
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(name), after.get(name)];
    if (from && to && deepEqual([from.content, from.namespace], [to.content, to.namespace]) && sameKubernetes(input)) continue;
    rendered.set(name, await renderedLayer(deps, input, { from, to }));
  }
  const secrets = [...(input.current?.profile.secretValues ?? []), ...(input.desired?.profile.secretValues ?? [])];
  return withRendered(plan, rendered, secrets);
}

const sameKubernetes = ({ current, desired }: RenderPlanInput): boolean =>
  current?.profile.kubernetesVersion === desired?.profile.kubernetesVersion;

async function renderedLayer(
  deps: RenderPlanDeps,
  input: RenderPlanInput,
  { from, to }: { from: ChartLayer | undefined; to: ChartLayer | undefined },
): Promise<RenderedLayer> {
  const { render, packs } = deps;
  if (!render) return { ok: false, why: 'This hub has no helm to render charts with.' };
  const objects = async (layer: ChartLayer | undefined, picture: ClusterPicture | undefined) => {
    if (!layer || !picture) return [];
    const { type: _type, values, ...chart } = layer.content;
    const { digest } = await packs.resolveChart({ tenant: input.tenant, project: input.project, ...chart });
    const { kubernetesVersion } = picture.profile;
    return render.render({ digest, release: layer.name, namespace: layer.namespace, values, kubernetesVersion });
  };
  try {
    return { ok: true, current: await objects(from, input.current), desired: await objects(to, input.desired) };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}
