import type { ApiObject } from '@slipway/model';
import type { Cluster, Pool } from './objects.ts';

type Layer = NonNullable<Cluster['status']>['layers'][number];

const layers = new Map<string, Pick<Layer, 'name' | 'state'>>();

/** Clusters of a fleet have the same few layers in the same few states: they share what is kept of one. */
function layerSummary(name: string, state: Layer['state']): Layer {
  const key = `${name}/${state}`;
  const known = layers.get(key) ?? { name, state };
  layers.set(key, known);
  return known as Layer;
}

function clusterSummary(object: ApiObject): ApiObject {
  const cluster = object as Cluster;
  const { status } = cluster;
  const { annotations: _annotations, finalizers: _finalizers, ...metadata } = cluster.metadata;
  if (status === undefined) return { ...cluster, metadata };
  return {
    ...cluster,
    metadata,
    status: {
      ...status,
      conditions: status.conditions.filter(({ type }) => type === 'Ready'),
      layers: status.layers.map(({ name, state }) => layerSummary(name, state)),
      timeline: [],
      kept: [],
      drift: status.drift.map((one) => ({ ...one, diff: [] })),
    },
  } as Cluster;
}

function poolSummary(object: ApiObject): ApiObject {
  const pool = object as Pool;
  const { finalizers: _finalizers, ...metadata } = pool.metadata;
  const { readyReplicas } = pool.status ?? {};
  return { ...pool, metadata, status: readyReplicas === undefined ? {} : { readyReplicas } } as Pool;
}

/** What a page that shows the whole fleet keeps of each object; who wants one object whole asks for it by a field. */
export const SUMMARIES: Readonly<Record<string, (object: ApiObject) => ApiObject>> = {
  clusters: clusterSummary,
  machinepools: poolSummary,
};
