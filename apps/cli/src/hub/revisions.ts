import { type Revision, revisionsOf } from '@slipway/model';
import type { Hub } from './hub.ts';
import type { Cluster } from './objects.ts';

/** Records that are looked back through. */
const MOST = '1000';

/** The revisions of a cluster, newest first. Whoever asks must be allowed to read the audit chain. */
export async function clusterRevisions(hub: Hub, { metadata, spec }: Cluster): Promise<Revision[]> {
  const { name, namespace, uid } = metadata;
  const records = await hub.auditRecords({ resource: 'clusters', project: namespace, name, outcome: 'ok', limit: MOST });
  return revisionsOf(
    uid,
    spec,
    records.map(({ seq, body }) => ({ seq, ...JSON.parse(body) })),
  );
}
