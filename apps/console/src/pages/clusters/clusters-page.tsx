import { Button, buttonClass, Empty, Panel, Skeleton } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, FilterX, Search } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import type { ClustersSearch } from '../../router.tsx';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { Problem, Refused } from '../problem-pages.tsx';
import { filteredClusters, phaseCounts, profileText, spread } from './cluster-rows.ts';
import { Phase } from './cluster-status.tsx';
import { ClusterTable } from './cluster-table.tsx';

/** Clusters at scale: all that the scope holds is here and live, so filters answer at once. */
export function ClustersPage() {
  const search = useSearch({ from: '/clusters/list' });
  const { project } = useSearch({ from: '__root__' });
  const navigate = useNavigate({ from: '/clusters/list' });
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const filter = useDeferredValue(search);
  const shown = useMemo(() => filteredClusters(clusters.items, filter), [clusters.items, filter]);
  const change = (part: ClustersSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const filtered = search.q !== undefined || search.status !== undefined || search.profile !== undefined;
  const clear = () => change({ q: undefined, status: undefined, profile: undefined });
  if (clusters.state === 'failed' && clusters.items.length === 0 && clusters.error?.code === 'Forbidden')
    return (
      <>
        <PageHead title="Clusters" />
        <Refused error={clusters.error} />
      </>
    );
  return (
    <>
      <PageHead
        title="Clusters"
        beside={<span className="quiet">{countText(clusters.items.length, shown.length, clusters.state === 'loading')}</span>}
      />
      {clusters.state === 'failed' && <Problem error={clusters.error} />}
      <Filters search={search} clusters={clusters.items} change={change} />
      <Panel
        title="List of clusters"
        flush
        aside={
          filtered && (
            <Button look="plain" onClick={clear}>
              <FilterX size={15} aria-hidden />
              Clear filters
            </Button>
          )
        }
      >
        {shown.length > 0 && <ClusterTable clusters={shown} sort={search.sort} onSort={(sort) => change({ sort })} />}
        {shown.length === 0 && clusters.state === 'loading' && (
          <div className="panel-body">
            <Skeleton lines={8} />
          </div>
        )}
        {shown.length === 0 && clusters.state !== 'loading' && filtered && (
          <Empty icon={FilterX} title="No cluster matches" action={<Button onClick={clear}>Clear filters</Button>}>
            <p>
              {clusters.items.length} {clusters.items.length === 1 ? 'cluster is' : 'clusters are'} in this scope, none with these filters.
            </p>
          </Empty>
        )}
        {shown.length === 0 && clusters.state === 'ready' && !filtered && <NoClusters />}
      </Panel>
    </>
  );
}

export const NoClusters = () => (
  <Empty icon={Boxes} title="No clusters yet">
    <p>A cluster is made from a profile. On the command line:</p>
    <code className={buttonClass('plain')}>slipway create cluster dev --wait</code>
  </Empty>
);

function countText(all: number, shown: number, loading: boolean): string {
  const of = shown === all ? `${all}` : `${shown} of ${all}`;
  return loading ? `${of} so far…` : of;
}

const TYPING_MS = 150;

function Filters({
  search,
  clusters,
  change,
}: {
  readonly search: ClustersSearch;
  readonly clusters: readonly Cluster[];
  readonly change: (part: ClustersSearch) => void;
}) {
  const [text, setText] = useState(search.q ?? '');
  const counts = useMemo(() => phaseCounts(clusters), [clusters]);
  const profiles = useMemo(() => spread(clusters, profileText), [clusters]);
  useEffect(() => setText(search.q ?? ''), [search.q]);
  useEffect(() => {
    if (text === (search.q ?? '')) return;
    const timer = setTimeout(() => change({ q: text === '' ? undefined : text }), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="row wrap filters">
      <div className="with-icon filter-field">
        <Search size={15} aria-hidden />
        <input
          className="field"
          type="search"
          data-filter
          aria-label="Filter by name, project, label or version"
          placeholder="Name, project, label, version"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <select
        className="field"
        aria-label="Profile"
        value={search.profile ?? ''}
        onChange={(event) => change({ profile: event.target.value === '' ? undefined : event.target.value })}
      >
        <option value="">Any profile</option>
        {profiles.map(([profile, count]) => (
          <option key={profile} value={profile}>
            {profile} ({count})
          </option>
        ))}
      </select>
      <div className="row wrap" role="group" aria-label="Status">
        {counts.map(([phase, count]) => (
          <button
            key={phase}
            type="button"
            className="chip"
            aria-pressed={search.status === phase}
            onClick={() => change({ status: search.status === phase ? undefined : phase })}
          >
            <Phase phase={phase} /> <span className="quiet">{count}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
