import { objectPath } from '@slipway/api/browser';
import type { ChangePlan, NewObject } from '@slipway/model';
import { KINDS } from './kinds.ts';
import { client } from './session.ts';

/** A cluster by its project and name; it need not be there yet. */
export interface ClusterName {
  readonly project: string | undefined;
  readonly name: string;
}

/** What would happen to the cluster if these objects were applied; without any, what is still to happen. Nothing is stored. */
export const askPlan = ({ project, name }: ClusterName, objects: readonly NewObject[], signal: AbortSignal): Promise<ChangePlan> =>
  client.request<ChangePlan>(`${objectPath({ kind: KINDS.clusters, project, name })}/plan`, { method: 'POST', body: { objects }, signal });
