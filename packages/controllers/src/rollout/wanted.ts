import { withVersion } from '@slipway/model';
import type { ClusterObject } from '../reads.ts';
import type { RolloutObject } from './scope.ts';

/** A cluster as a rollout wants it. */
export const wantedOf = (cluster: ClusterObject, { spec: { target } }: RolloutObject): ClusterObject => ({
  ...cluster,
  spec: withVersion(cluster.spec, target, target.version),
});
