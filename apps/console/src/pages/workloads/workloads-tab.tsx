import { clusterCan } from '@slipway/model/browser';
import { Empty, Notice, Panel, Skeleton } from '@slipway/ui';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, Cable, RefreshCw, Search } from 'lucide-react';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { ClusterRef } from '../../hub/in-cluster.ts';
import type { Cluster } from '../../hub/objects.ts';
import { transport } from '../../hub/session.ts';
import { Problem, Refused } from '../problem-pages.tsx';
import { WORKLOAD_KINDS, workloadKind, type WorkloadQuery } from './kinds.ts';
import { createLiveTable, type TableSnapshot } from './live-table.ts';
import { ownerSelector } from './owner.ts';
import { byName } from './table-rows.ts';
import { WorkloadTable } from './workload-table.tsx';

const ROUTE = { from: '/clusters/list/$in/$name' } as const;
/** Rows that are put on the page; a filter finds the others. */
const MOST = 400;

/** What runs in the cluster, asked for through its tunnel as the caller, and kept by one watch while somebody looks. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function WorkloadsTab({ cluster }: { readonly cluster: Cluster }) {
  const { namespace = 'default', name } = cluster.metadata;
  const reach = clusterCan.reach(cluster);
  const ref = useMemo(() => ({ project: namespace, cluster: name }), [namespace, name]);
  const { what, ns, node, of } = useSearch(ROUTE);
  const kind = workloadKind(what);
  const query = useMemo(() => ({ kind, namespace: ns, node: kind.plural === 'pods' ? node : undefined }), [kind, ns, node]);
  if (!reach.yes && cluster.status?.agent?.lastSeen === undefined)
    return (
      <Empty icon={Cable} title="The cluster has not connected yet">
        <p>Its workloads are seen through its agent, which is installed when the API server answers.</p>
      </Empty>
    );
  return (
    <div className="stack">
      {!reach.yes && (
        <Notice icon={Cable} tone="warn" role="status">
          <p>{reach.because} Its workloads cannot be seen, and logs and shells cannot be opened, until it connects again.</p>
        </Notice>
      )}
      <Kinds />
      {kind.plural === 'pods' && of !== undefined ? (
        <OfOwner cluster={ref} query={query} owner={of} reach={reach.yes ? undefined : reach.because} />
      ) : (
        <Live cluster={ref} query={query} reach={reach.yes ? undefined : reach.because} />
      )}
    </div>
  );
}

function Kinds() {
  const { what } = useSearch(ROUTE);
  const shown = workloadKind(what).plural;
  return (
    <nav className="segments workload-kinds" aria-label="Kinds of workloads">
      {WORKLOAD_KINDS.map(({ plural, title }) => (
        <Link
          key={plural}
          to="."
          search={(before) => ({ ...before, what: plural === 'pods' ? undefined : plural, node: undefined, of: undefined })}
          className="segment"
          activeOptions={{ exact: true }}
          aria-current={plural === shown ? 'true' : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}

interface LiveProps {
  readonly cluster: ClusterRef;
  readonly query: WorkloadQuery;
  readonly reach: string | undefined;
}

/** The pods of a deployment and the like: its selector has to be known first. */
function OfOwner({ owner, ...rest }: LiveProps & { readonly owner: string }) {
  const [selector, setSelector] = useState<string>();
  const [error, setError] = useState<unknown>();
  const { cluster, query } = rest;
  useEffect(() => {
    const gone = new AbortController();
    setSelector(undefined);
    setError(undefined);
    ownerSelector(cluster, query.namespace, owner, gone.signal).then(
      setSelector,
      (failed: unknown) => gone.signal.aborted || setError(failed),
    );
    return () => gone.abort();
  }, [cluster, query.namespace, owner]);
  const narrowed = useMemo(() => ({ ...query, labelSelector: selector }), [query, selector]);
  if (error !== undefined) return <Problem error={error} />;
  return selector === undefined ? <Skeleton lines={6} /> : <Live {...rest} query={narrowed} />;
}

function Live({ cluster, query, reach }: LiveProps) {
  const table = useMemo(() => createLiveTable(transport, cluster, query), [cluster, query]);
  useEffect(() => (reach === undefined ? table.start() : undefined), [table, reach]);
  const now = useSyncExternalStore(table.subscribe, table.snapshot);
  const { q = '', node, of, ns } = useSearch(ROUTE);
  const rows = useMemo(() => now.rows.filter(({ name }) => name.includes(q)).toSorted(byName), [now.rows, q]);
  const namespaces = useMemo(() => [...new Set(now.rows.flatMap(({ namespace }) => namespace ?? []))].toSorted(), [now.rows]);
  const narrowed = [of, node === undefined ? undefined : `on ${node}`].filter((one) => one !== undefined);
  return (
    <Panel
      title={[query.kind.title, ...narrowed].join(' · ')}
      flush
      aside={
        <Filters
          namespaced={query.kind.namespaced}
          namespaces={ns === undefined || namespaces.includes(ns) ? namespaces : [...namespaces, ns]}
        />
      }
    >
      <Told now={now} reach={reach} />
      {rows.length > 0 && <WorkloadTable cluster={cluster} kind={query.kind} rows={rows.slice(0, MOST)} reach={reach} />}
      {rows.length > MOST && (
        <p className="quiet panel-body">
          {MOST} of {rows.length} are shown. Filter by name or choose a namespace to see others.
        </p>
      )}
      {rows.length === 0 && now.state === 'live' && (
        <Empty icon={Boxes} title={now.rows.length === 0 ? `No ${query.kind.title.toLowerCase()} here` : 'Nothing has this name'}>
          <p>{now.rows.length === 0 ? 'Choose another namespace or kind, or deploy something.' : 'Change the filter.'}</p>
        </Empty>
      )}
    </Panel>
  );
}

function Told({ now, reach }: { readonly now: TableSnapshot; readonly reach: string | undefined }) {
  if (now.state === 'failed' && now.error !== undefined)
    return (
      <div className="panel-body">
        <Refused error={now.error} />
      </div>
    );
  if (now.state === 'again')
    return (
      <div className="panel-body">
        <Notice icon={RefreshCw} tone="warn" role="status">
          <p>{now.error?.message} What you see may be old; it is asked for again by itself.</p>
        </Notice>
      </div>
    );
  if (now.state === 'loading' && reach === undefined)
    return (
      <div className="panel-body">
        <Skeleton lines={8} />
      </div>
    );
  return null;
}

function Filters({ namespaced, namespaces }: { readonly namespaced: boolean; readonly namespaces: readonly string[] }) {
  const { ns = '', q = '', node, of } = useSearch(ROUTE);
  const navigate = useNavigate(ROUTE);
  const set = (change: { ns?: string | undefined; q?: string | undefined; node?: undefined; of?: undefined }) =>
    void navigate({ to: '.', search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <div className="row filters">
      {(node !== undefined || of !== undefined) && (
        <button type="button" className="chip" onClick={() => set({ node: undefined, of: undefined })}>
          Show all pods
        </button>
      )}
      {namespaced && (
        <label className="row">
          <span className="visually-hidden">Namespace</span>
          <select className="field" value={ns} onChange={({ target }) => set({ ns: target.value || undefined })}>
            <option value="">All namespaces</option>
            {namespaces.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
      <label className="with-icon">
        <span className="visually-hidden">Filter by name</span>
        <Search size={15} aria-hidden />
        <input
          className="field"
          type="search"
          placeholder="Filter by name"
          data-filter
          value={q}
          onChange={({ target }) => set({ q: target.value || undefined })}
        />
      </label>
    </div>
  );
}
