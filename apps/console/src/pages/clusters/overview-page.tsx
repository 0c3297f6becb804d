import { Ago, buttonClass, Empty, Panel, Skeleton } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, HubEvent } from '../../hub/objects.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { Problem, Refused } from '../problem-pages.tsx';
import { phaseCounts, profileText, spread } from './cluster-rows.ts';
import { attentionOf, Phase, PHASE_ORDER, phaseOf } from './cluster-status.tsx';
import { NoClusters } from './clusters-page.tsx';
import { EventList } from './event-list.tsx';

const MOST = 8;

/** The fleet: what needs somebody first, then how it is made up. */
export function OverviewPage() {
  const { project } = useSearch({ from: '__root__' });
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const events = useObjects<HubEvent>(KINDS.events, project);
  return (
    <>
      <PageHead title="Overview" beside={<span className="quiet">{project === undefined ? 'all projects' : `project ${project}`}</span>} />
      {clusters.state === 'failed' && <Refused error={clusters.error ?? (new Error() as never)} />}
      {clusters.state === 'loading' && clusters.items.length === 0 && (
        <Panel title="Needs you">
          <Skeleton lines={5} />
        </Panel>
      )}
      {clusters.state === 'ready' && clusters.items.length === 0 && (
        <Panel title="Clusters">
          <NoClusters />
        </Panel>
      )}
      {clusters.items.length > 0 && (
        <>
          <Counts clusters={clusters.items} />
          <div className="columns">
            <Attention clusters={clusters.items} />
            <div className="stack">
              <Spread
                title="Kubernetes versions"
                entries={spread(clusters.items, ({ status }) => status?.kubernetesVersion ?? 'not known yet')}
                all={clusters.items.length}
                query="q"
              />
              <Spread title="Profiles" entries={spread(clusters.items, profileText)} all={clusters.items.length} query="profile" />
            </div>
          </div>
        </>
      )}
      <Panel
        title="Latest events"
        flush
        aside={
          <Link to="/clusters/$section" params={{ section: 'activity' }}>
            All activity
          </Link>
        }
      >
        {events.state === 'failed' ? (
          <Problem error={events.error} />
        ) : (
          <EventList events={events.items} loading={events.state === 'loading'} most={MOST} named />
        )}
      </Panel>
    </>
  );
}

function Counts({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const nodes = clusters.reduce((sum, { status }) => sum + (status?.nodes.total ?? 0), 0);
  const ready = clusters.reduce((sum, { status }) => sum + (status?.nodes.ready ?? 0), 0);
  return (
    <ul className="counts" aria-label="Clusters by state">
      <li className="panel count">
        <strong>{clusters.length}</strong>
        <Link to="/clusters/list">{clusters.length === 1 ? 'cluster' : 'clusters'}</Link>
      </li>
      {phaseCounts(clusters).map(([phase, count]) => (
        <li key={phase} className="panel count">
          <strong>{count}</strong>
          <Link to="/clusters/list" search={{ status: phase }} className="count-link">
            <Phase phase={phase} />
          </Link>
        </li>
      ))}
      <li className="panel count">
        <strong>
          {ready}/{nodes}
        </strong>
        <span className="quiet">nodes ready</span>
      </li>
    </ul>
  );
}

function Attention({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const needing = useMemo(
    () =>
      clusters
        .flatMap((cluster) => {
          const why = attentionOf(cluster);
          return why === undefined ? [] : [{ cluster, why }];
        })
        .toSorted(
          (a, b) =>
            PHASE_ORDER.indexOf(phaseOf(a.cluster)) - PHASE_ORDER.indexOf(phaseOf(b.cluster)) ||
            a.cluster.metadata.name.localeCompare(b.cluster.metadata.name),
        ),
    [clusters],
  );
  return (
    <Panel title="Needs you" aside={<span className="quiet">{needing.length}</span>} flush>
      {needing.length === 0 && (
        <Empty icon={CircleCheck} title="Nothing needs you">
          <p>No cluster has failed, is degraded or out of reach, differs from what was applied, or waits for an approval.</p>
        </Empty>
      )}
      <ul>
        {needing.slice(0, MOST).map(({ cluster, why }) => (
          <li key={cluster.metadata.uid} className="attention">
            <span className="attention-phase">
              <Phase phase={phaseOf(cluster)} />
            </span>
            <span className="grow">
              <Link to="/clusters/list/$in/$name" params={{ in: cluster.metadata.namespace ?? '', name: cluster.metadata.name }}>
                {cluster.metadata.name}
              </Link>{' '}
              <span className="quiet small">{cluster.metadata.namespace}</span>
              <span className="attention-why">{why}</span>
            </span>
            <span className="quiet small">
              <Ago time={cluster.status?.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime} />
            </span>
          </li>
        ))}
      </ul>
      {needing.length > MOST && (
        <div className="panel-body">
          <Link to="/clusters/list" className={buttonClass()}>
            See all {needing.length}
          </Link>
        </div>
      )}
    </Panel>
  );
}

function Spread({
  title,
  entries,
  all,
  query,
}: {
  readonly title: string;
  readonly entries: readonly (readonly [string, number])[];
  readonly all: number;
  readonly query: 'q' | 'profile';
}) {
  return (
    <Panel title={title}>
      <ul className="stack spread">
        {entries.slice(0, 6).map(([text, count]) => (
          <li key={text}>
            <span className="row">
              <Link to="/clusters/list" search={{ [query]: text }} className="grow clip">
                {text}
              </Link>
              <span className="quiet">{count}</span>
            </span>
            <span className="meter" aria-hidden>
              <span style={{ width: `${(100 * count) / all}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
