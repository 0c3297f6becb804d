import { Button, buttonClass, Empty, Panel, Skeleton } from '@slipway/ui';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, FilterX, Plus } from 'lucide-react';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import type { ClustersSearch } from '../../router.tsx';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { Problem, Refused } from '../problem-pages.tsx';
import { BulkBar } from './bulk/bulk-bar.tsx';
import { ClusterFilters } from './cluster-filters.tsx';
import { filteredClusters, FILTERS } from './cluster-rows.ts';
import { ClusterTable } from './cluster-table.tsx';
import { SavedViews } from './saved-views.tsx';

/** Clusters at scale: all that the scope holds is here and live, so filters answer at once. */
export function ClustersPage() {
  const search = useSearch({ from: '/clusters/list' });
  const { project } = useSearch({ from: '__root__' });
  const navigate = useNavigate({ from: '/clusters/list' });
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const filter = useDeferredValue(search);
  const shown = useMemo(() => filteredClusters(clusters.items, filter), [clusters.items, filter]);
  const change = (part: ClustersSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const filtered = FILTERS.some((one) => search[one] !== undefined);
  const nothing = Object.fromEntries(FILTERS.map((one) => [one, undefined]));
  const clear = () => change(nothing);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const chosenClusters = useMemo(() => clusters.items.filter(({ metadata }) => chosen.has(metadata.uid)), [clusters.items, chosen]);
  const choose = useCallback((next: ReadonlySet<string>) => setChosen(next), []);
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
        actions={<CreateClusterLink />}
        beside={<span className="quiet">{countText(clusters.items.length, shown.length, clusters.state === 'loading')}</span>}
      />
      {clusters.state === 'failed' && <Problem error={clusters.error} />}
      <ClusterFilters search={search} clusters={clusters.items} change={change} />
      <Panel
        title="List of clusters"
        flush
        aside={
          <>
            {filtered && (
              <Button look="plain" onClick={clear}>
                <FilterX size={15} aria-hidden />
                Clear filters
              </Button>
            )}
            <SavedViews search={search} show={(view) => change({ ...nothing, sort: undefined, ...view })} />
          </>
        }
      >
        {shown.length > 0 && (
          <ClusterTable clusters={shown} sort={search.sort} onSort={(sort) => change({ sort })} chosen={chosen} onChoose={choose} />
        )}
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
        <BulkBar clusters={chosenClusters} onClear={() => setChosen(new Set())} />
      </Panel>
    </>
  );
}

export const NoClusters = () => (
  <Empty icon={Boxes} title="No clusters yet">
    <p>A cluster is made from a profile. Here, or on the command line:</p>
    <code className={buttonClass('plain')}>slipway create cluster dev --wait</code>
    <CreateClusterLink />
  </Empty>
);

const CreateClusterLink = () => (
  <Link to="/clusters/new" search={({ project: scope }) => ({ project: scope })} className={buttonClass('primary')}>
    <Plus size={15} aria-hidden />
    Create cluster
  </Link>
);

const number = new Intl.NumberFormat('en');

function countText(all: number, shown: number, loading: boolean): string {
  const of = shown === all ? number.format(all) : `${number.format(shown)} of ${number.format(all)}`;
  return loading ? `${of} so far…` : of;
}
