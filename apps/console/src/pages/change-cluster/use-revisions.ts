import type { ChainedRecord, ChangeRecord, Revision } from '@slipway/model';
import { revisionsOf } from '@slipway/model/browser';
import { useEffect, useMemo, useState } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';

/** Records that are looked back through. */
const MOST = '1000';

interface Told {
  readonly of: string;
  readonly records?: readonly ChangeRecord[];
  readonly error?: unknown;
}

/** What the cluster was, change by change: read back by the audit chain, which whoever looks must be allowed to read. */
export function useRevisions(cluster: Cluster): { readonly revisions?: readonly Revision[]; readonly error?: unknown } {
  const { name, namespace, uid, generation } = cluster.metadata;
  const [told, setTold] = useState<Told>();
  const key = `${uid}/${generation}`;
  useEffect(() => {
    const left = new AbortController();
    const query = { resource: 'clusters', project: namespace, name, outcome: 'ok', limit: MOST };
    client.request<{ records: ChainedRecord[] }>('/apis/slipway.dev/v1/auditchain/records', { query, signal: left.signal }).then(
      ({ records }) => setTold({ of: key, records: records.map(({ seq, body }) => ({ seq, ...JSON.parse(body) })) }),
      (error: unknown) => left.signal.aborted || setTold({ of: key, error }),
    );
    return () => left.abort();
  }, [key, name, namespace]);
  // The status of a cluster changes all the time, and its spec with its generation only.
  const spec = useMemo(() => cluster.spec, [key]);
  const revisions = useMemo(
    () => (told?.of === key && told.records !== undefined ? revisionsOf(uid, spec, told.records) : undefined),
    [told, key, uid, spec],
  );
  return {
    ...(revisions === undefined ? {} : { revisions }),
    ...(told?.of === key && told.error !== undefined ? { error: told.error } : {}),
  };
}
