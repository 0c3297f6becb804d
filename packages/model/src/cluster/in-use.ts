import { SlipwayError } from '@slipway/kit';
import type { AdmissionReads } from '../meta/define-kind.ts';
import type { ApiObject } from '../meta/object.ts';
import type { Scope } from '../meta/scopes.ts';
import type { ClusterSpec } from './cluster.ts';

type ClusterObject = ApiObject<ClusterSpec, any>;

/** A cluster that uses something. */
export interface ClusterUser {
  readonly cluster: ClusterObject;
  /** `project/name`; with the tenant in front for what belongs to the installation. */
  readonly text: string;
}

/** Whose clusters can use what is asked about: those of its project, of its tenant, or everybody's. */
export interface UserPlace {
  readonly scope: Scope;
  readonly project?: string | undefined;
}

/** The clusters that `uses` says yes to. */
export async function clustersUsing(
  reads: AdmissionReads,
  place: UserPlace,
  uses: (cluster: ClusterObject) => boolean,
): Promise<ClusterUser[]> {
  const nameOf = ({ metadata }: ClusterObject) => `${metadata.namespace}/${metadata.name}`;
  if (place.scope === 'system') {
    const everybody = await reads.everywhere('Cluster');
    return everybody
      .filter(({ object }) => uses(object))
      .map(({ tenant, object }) => ({ cluster: object, text: `${tenant}/${nameOf(object)}` }));
  }
  const clusters: ClusterObject[] = await reads.list('Cluster', place.scope === 'project' ? place.project : undefined);
  return clusters.filter(uses).map((cluster) => ({ cluster, text: nameOf(cluster) }));
}

/** Throws `Conflict` that names who still uses an object. */
export function refuseWhileUsed(kind: string, name: string, users: readonly ClusterUser[], hint = 'Delete these clusters first.'): void {
  if (users.length === 0) return;
  const texts = users.map(({ text }) => text);
  const shown = texts.slice(0, 10).join(', ') + (texts.length > 10 ? ` and ${texts.length - 10} more` : '');
  throw new SlipwayError(
    'Conflict',
    `${kind} "${name}" cannot be deleted: it is used by ${texts.length === 1 ? 'cluster' : 'the clusters'} ${shown}.`,
    { hint, retryable: false },
  );
}

/** `admitDelete` of a kind of the tenant that clusters name in a field of their spec. */
export const admitDeleteUnlessUsed =
  (namedBy: (cluster: ClusterObject) => string) =>
  async ({ object, reads }: { object: ApiObject<any, any>; reads: AdmissionReads }): Promise<void> => {
    const uses = (cluster: ClusterObject) => namedBy(cluster) === object.metadata.name;
    refuseWhileUsed(object.kind, object.metadata.name, await clustersUsing(reads, { scope: 'tenant' }, uses));
  };
