import { SlipwayError } from '@slipway/kit';
import type { AdmissionReads } from '../meta/define-kind.ts';
import type { ApiObject } from '../meta/object.ts';
import type { ClusterSpec } from './cluster.ts';

type ClusterObject = ApiObject<ClusterSpec, any>;

/** `project/name` of the clusters that `uses` says yes to. */
export async function clustersUsing(reads: AdmissionReads, uses: (cluster: ClusterObject) => boolean): Promise<string[]> {
  const clusters: ClusterObject[] = await reads.list('Cluster');
  return clusters.filter(uses).map((cluster) => `${cluster.metadata.namespace}/${cluster.metadata.name}`);
}

/** Throws `Conflict` that names who still uses an object. */
export function refuseWhileUsed(kind: string, name: string, users: readonly string[]): void {
  if (users.length === 0) return;
  const shown = users.slice(0, 10).join(', ') + (users.length > 10 ? ` and ${users.length - 10} more` : '');
  throw new SlipwayError(
    'Conflict',
    `${kind} "${name}" cannot be deleted: it is used by ${users.length === 1 ? 'cluster' : 'the clusters'} ${shown}.`,
    {
      hint: 'Delete these clusters first.',
      retryable: false,
    },
  );
}

/** `admitDelete` of a kind that clusters name in a field of their spec. */
export const admitDeleteUnlessUsed =
  (namedBy: (cluster: ClusterObject) => string) =>
  async ({ object, reads }: { object: ApiObject<any, any>; reads: AdmissionReads }): Promise<void> => {
    refuseWhileUsed(object.kind, object.metadata.name, await clustersUsing(reads, (cluster) => namedBy(cluster) === object.metadata.name));
  };
