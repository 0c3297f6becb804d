import type { ApiObject } from '@slipway/model';
import type { Cluster, Pool } from './objects.ts';

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
      layers: [],
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
