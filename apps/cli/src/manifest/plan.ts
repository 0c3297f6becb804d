import { canonicalJson, sha256Hex, SlipwayError } from '@slipway/kit';
import { type ChangePlan, type ImpactPlan, type PlannedAction, reachesClusters } from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import { applyManifest } from './apply.ts';
import { diffValues } from './diff.ts';
import { locateCauses, type ManifestObject } from './read.ts';

export interface TitledPlan {
  readonly title: string;
  readonly plan: ChangePlan;
}

/** What a macro or a registry would do to clusters. */
export interface TitledImpact {
  readonly title: string;
  readonly impact: ImpactPlan;
}

/** The cluster whose plan a document belongs to; undefined for documents that disturb no cluster by themselves. */
function clusterOf(manifest: ManifestObject): string | undefined {
  if (manifest.kind.kind === 'Cluster') return manifest.object.metadata.name;
  if (manifest.kind.kind !== 'MachinePool') return undefined;
  const cluster: unknown = Reflect.get(Object(manifest.object.spec), 'cluster');
  return typeof cluster === 'string' ? cluster : undefined;
}

/** One plan per cluster that the documents touch (the hub works it out), and one for everything else, by comparing with what is stored. */
export async function planManifests(
  hub: Hub,
  manifests: readonly ManifestObject[],
  options: { readonly project: string; readonly manifests?: boolean },
): Promise<(TitledPlan | TitledImpact)[]> {
  const { project } = options;
  const plans: (TitledPlan | TitledImpact)[] = [];
  const others = manifests.filter((manifest) => clusterOf(manifest) === undefined);
  if (others.length > 0) {
    const actions: PlannedAction[] = [];
    for (const manifest of others) actions.push(...(await plainActions(hub, manifest, project)));
    plans.push({ title: 'objects', plan: planOf(actions) });
  }
  for (const manifest of others.filter(({ kind }) => reachesClusters(kind))) plans.push(await impactOf(hub, manifest, project));
  const byCluster = Map.groupBy(
    manifests.filter((manifest) => clusterOf(manifest) !== undefined),
    (manifest) => `${manifest.object.metadata.namespace ?? project}/${clusterOf(manifest)}`,
  );
  for (const [key, members] of byCluster) {
    const [clusterProject = project, cluster = ''] = key.split('/');
    const objects = members.map(({ object }) => ({ ...object, metadata: { ...object.metadata, namespace: clusterProject } }));
    try {
      plans.push({ title: `cluster ${cluster}`, plan: await hub.plan(cluster, clusterProject, objects, options) });
    } catch (error) {
      const first = members[0];
      throw error instanceof SlipwayError && members.length === 1 && first ? locateCauses(error, first) : error;
    }
  }
  return plans;
}

async function impactOf(hub: Hub, manifest: ManifestObject, project: string): Promise<TitledImpact> {
  const { kind, object } = manifest;
  try {
    const impact = await hub.impact(kind, object, object.metadata.namespace ?? project);
    return { title: `clusters that use ${kind.singular} ${object.metadata.name}`, impact };
  } catch (error) {
    throw error instanceof SlipwayError ? locateCauses(error, manifest) : error;
  }
}

async function plainActions(hub: Hub, manifest: ManifestObject, project: string): Promise<PlannedAction[]> {
  const objectProject = manifest.object.metadata.namespace ?? project;
  const target = `${manifest.kind.singular} ${manifest.object.metadata.name}`;
  const live = await hub.find(manifest.kind, manifest.object.metadata.name ?? '', objectProject);
  const { outcome, object } = await applyManifest(hub, manifest, { project: objectProject, dryRun: true });
  if (outcome === 'unchanged') return [];
  const diff = live ? diffValues(live.spec, object.spec, 'spec') : [];
  const summary = live ? `${diff.length} ${diff.length === 1 ? 'field changes' : 'fields change'}.` : `A new ${manifest.kind.singular}.`;
  const reason = reachesClusters(manifest.kind) ? 'What it does to clusters is told below.' : 'No cluster changes until one refers to it.';
  return [{ verb: live ? 'change' : 'create', target, summary, impact: 'none', reason, diff }];
}

function planOf(actions: readonly PlannedAction[]): ChangePlan {
  const summary = actions.length === 0 ? 'no changes' : `${actions.length} ${actions.length === 1 ? 'object' : 'objects'} to store`;
  return { id: sha256Hex(canonicalJson(actions)), actions, impact: 'none', summary };
}
