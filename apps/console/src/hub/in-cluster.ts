import { objectPath } from '@slipway/api/browser';
import { KINDS } from './kinds.ts';

/** A cluster as addresses name it. */
export interface ClusterRef {
  readonly project: string;
  readonly cluster: string;
}

/** The address of something inside a cluster: the hub sends it through the cluster's tunnel as the caller, as it does for kubectl. */
export const inCluster = ({ project, cluster }: ClusterRef, path: string): string =>
  `${objectPath({ kind: KINDS.clusters, project, name: cluster })}/proxy${path}`;

export const sameCluster = (a: ClusterRef, b: ClusterRef): boolean => a.project === b.project && a.cluster === b.cluster;
