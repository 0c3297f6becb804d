import { messageOf, SlipwayError } from '@slipway/kit';
import { clusterTombstones, driftRulesOf, packKey, type PlanLayer, type ResolvedLayer, type ResolvedProfile } from '@slipway/model';
import { again, done, wait, type Step } from '@slipway/runtime';
import type { Deps } from '../deps.ts';
import type { ClusterScope } from './scope.ts';

/** How soon a chart that no registry gave is asked for again. */
const RETRY_CHART_MS = 30_000;

/**
 * Publishes what the cluster's agent keeps true. A layer that cannot be prepared keeps the content published last, or stays out together with those that depend on
 * it; the others go on. What is removed is said by tombstones, and only those the spec asks for.
 */
export async function reconcilePlan(deps: Deps, scope: ClusterScope): Promise<Step> {
  const { cluster, resolved } = scope;
  if (!resolved.ok) return wait('ProfileInvalid', resolved.message);
  if (scope.pending) return wait('ApprovalNeeded', scope.pending.disruptions.join('; '));
  const tombstones = clusterTombstones({
    clusterUid: cluster.metadata.uid,
    previous: scope.published,
    wanted: resolved.profile.layers,
    inventory: scope.facts?.layers ?? [],
    done: new Set(scope.facts?.tombstonesDone),
    approvals: cluster.spec.approvals,
  });
  if (!tombstones.ok) {
    scope.planProblem = { reason: tombstones.reason, message: tombstones.message };
    return wait(tombstones.reason, tombstones.message);
  }
  const layers = await prepareLayers(deps, scope, resolved.profile);
  const published = await deps.plans.publishCluster({
    kind: 'ClusterPlan',
    clusterUid: cluster.metadata.uid,
    cluster: cluster.metadata.name,
    project: scope.project,
    profile: { name: resolved.profile.name, version: resolved.profile.version },
    kubernetesVersion: resolved.profile.kubernetesVersion,
    layers,
    tombstones: [...tombstones.tombstones],
  });
  scope.plan = { revision: published.revision, hash: published.hash };
  const failed = [...scope.layerProblems].find(([, problem]) => problem.state === 'Failed');
  return failed ? again(RETRY_CHART_MS, `layer ${failed[0]}: ${failed[1].message}`) : done();
}

async function prepareLayers(deps: Deps, scope: ClusterScope, profile: ResolvedProfile): Promise<PlanLayer[]> {
  const layers: PlanLayer[] = [];
  // In install order, so what a layer depends on has been decided before it.
  for (const layer of profile.layers) {
    const missing = layer.dependsOn.find((name) => !layers.some((prepared) => prepared.name === name));
    if (missing !== undefined) {
      scope.layerProblems.set(layer.name, { state: 'Waiting', reason: 'WaitingForLayer', message: `Waits for layer ${missing}.` });
      continue;
    }
    const prepared = await prepareLayer(deps, scope, layer);
    if (prepared) layers.push(prepared);
  }
  return layers;
}

async function prepareLayer(deps: Deps, scope: ClusterScope, layer: ResolvedLayer): Promise<PlanLayer | undefined> {
  const frame = {
    name: layer.name,
    type: layer.type,
    namespace: layer.namespace,
    dependsOn: [...layer.dependsOn],
    drift: layer.drift ?? scope.cluster.spec.drift,
    ...driftRulesOf(scope.cluster.spec, layer.name),
    timeoutSeconds: layer.timeoutSeconds,
    ...((layer.readiness ?? []).length === 0 ? {} : { readiness: [...(layer.readiness ?? [])] }),
  };
  const { content } = layer;
  if (content.type === 'builtin') {
    const values = layer.type === 'kubernetes' && content.values ? { values: { ...content.values } } : {};
    return { ...frame, content: { type: 'builtin', version: content.version, ...values } };
  }
  if (content.type === 'manifests') return { ...frame, content: { type: 'manifests', objects: [...content.objects] } };
  try {
    const unknown = scope.packProblems.get(packKey(content));
    if (unknown !== undefined) throw new SlipwayError('Unavailable', unknown);
    const { digest, name, version } = await deps.packs.resolveChart({
      tenant: deps.tenant,
      ...(content.registryScope === 'project' ? { project: scope.cluster.metadata.namespace } : {}),
      registry: content.registry,
      name: content.name,
      version: content.version,
    });
    return { ...frame, content: { type: 'chart', release: layer.name, name, version, digest, values: { ...content.values } } };
  } catch (error) {
    scope.layerProblems.set(layer.name, { state: 'Failed', reason: 'ChartNotAvailable', message: messageOf(error) });
    // What runs stays as it is until its successor can be had.
    return scope.published?.layers.find((published) => published.name === layer.name && published.content.type === 'chart');
  }
}
