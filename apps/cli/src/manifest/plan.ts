import { canonicalJson, sha256Hex, SlipwayError } from '@slipway/kit';
import type { ChangePlan, PlannedAction } from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import { applyManifest } from './apply.ts';
import { diffValues } from './diff.ts';
import { locateCauses, type ManifestObject } from './read.ts';

export interface TitledPlan {
  readonly title: string;
  readonly plan: ChangePlan;
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
): Promise<TitledPlan[]> {
  const { project } = options;
  const plans: TitledPlan[] = [];
  const others = manifests.filter((manifest) => clusterOf(manifest) === undefined);
  if (others.length > 0) {
    const actions: PlannedAction[] = [];
    for (const manifest of others) actions.push(...(await plainActions(hub, manifest, project)));
    plans.push({ title: 'objects', plan: planOf(actions) });
  }
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

async function plainActions(hub: Hub, manifest: ManifestObject, project: string): Promise<PlannedAction[]> {
  const objectProject = manifest.object.metadata.namespace ?? project;
  const target = `${manifest.kind.singular} ${manifest.object.metadata.name}`;
  const live = await hub.find(manifest.kind, manifest.object.metadata.name ?? '', objectProject);
  const { outcome, object } = await applyManifest(hub, manifest, { project: objectProject, dryRun: true });
  if (outcome === 'unchanged') return [];
  const diff = live ? diffValues(live.spec, object.spec, 'spec') : [];
  const summary = live ? `${diff.length} ${diff.length === 1 ? 'field changes' : 'fields change'}.` : `A new ${manifest.kind.singular}.`;
  return [
    { verb: live ? 'change' : 'create', target, summary, impact: 'none', reason: 'No cluster changes until one refers to it.', diff },
  ];
}

function planOf(actions: readonly PlannedAction[]): ChangePlan {
  const summary = actions.length === 0 ? 'no changes' : `${actions.length} ${actions.length === 1 ? 'object' : 'objects'} to store`;
  return { id: sha256Hex(canonicalJson(actions)), actions, impact: 'none', summary };
}
