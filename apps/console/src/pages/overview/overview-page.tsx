import './overview.css';
import { Panel, Skeleton } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { phaseCounts } from '../clusters/cluster-rows.ts';
import { Phase } from '../clusters/cluster-status.tsx';
import { NoClusters } from '../clusters/clusters-page.tsx';
import { Refused } from '../problem-pages.tsx';
import { Checklist } from '../setup/checklist.tsx';
import { ActivityPanel } from './activity-panel.tsx';
import { AttentionPanel } from './attention-panel.tsx';
import { CapacityPanel } from './capacity-panel.tsx';
import { PlacesPanel } from './places-panel.tsx';
import { VersionPanel } from './version-panel.tsx';

const number = new Intl.NumberFormat('en');

/** The fleet: what needs somebody first, then how it is made up. Each part stands and fails for itself. */
export function OverviewPage() {
  const { project } = useSearch({ from: '__root__' });
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const scope = project === undefined ? 'all projects' : `project ${project}`;
  const loading = clusters.state === 'loading' ? `, ${clusters.items.length} clusters so far…` : '';
  return (
    <>
      <PageHead title="Overview" beside={<span className="quiet">{scope + loading}</span>} />
      <Checklist />
      {clusters.state === 'failed' && clusters.error !== undefined && <Refused error={clusters.error} />}
      {clusters.state === 'loading' && clusters.items.length === 0 && <Loading />}
      {clusters.state === 'ready' && clusters.items.length === 0 && (
        <Panel title="Clusters">
          <NoClusters />
        </Panel>
      )}
      {clusters.items.length > 0 && (
        <>
          <Counts clusters={clusters.items} />
          <div className="columns">
            <AttentionPanel clusters={clusters.items} />
            <div className="stack">
              <VersionPanel clusters={clusters.items} />
              <CapacityPanel clusters={clusters.items} project={project} />
              <ActivityPanel project={project} />
            </div>
          </div>
          <PlacesPanel clusters={clusters.items} />
        </>
      )}
      {clusters.items.length === 0 && clusters.state !== 'loading' && <ActivityPanel project={project} />}
    </>
  );
}

/** In the places of what comes, so that nothing jumps. */
const Loading = () => (
  <>
    <div className="panel panel-body">
      <Skeleton lines={1} />
    </div>
    <div className="columns">
      <Panel title="Needs you">
        <Skeleton lines={9} />
      </Panel>
      <div className="stack">
        <Panel title="Versions">
          <Skeleton lines={6} />
        </Panel>
        <Panel title="Capacity">
          <Skeleton lines={4} />
        </Panel>
      </div>
    </div>
  </>
);

function Counts({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const nodes = clusters.reduce((sum, { status }) => sum + (status?.nodes.total ?? 0), 0);
  const ready = clusters.reduce((sum, { status }) => sum + (status?.nodes.ready ?? 0), 0);
  return (
    <ul className="panel fleet-counts" aria-label="Clusters by state">
      <li className="fleet-count">
        <strong>{number.format(clusters.length)}</strong>
        <Link to="/clusters/list">{clusters.length === 1 ? 'cluster' : 'clusters'}</Link>
      </li>
      {phaseCounts(clusters).map(([phase, count]) => (
        <li key={phase} className="fleet-count">
          <strong>{number.format(count)}</strong>
          <Link to="/clusters/list" search={{ status: phase }} className="count-link">
            <Phase phase={phase} />
          </Link>
        </li>
      ))}
      <li className="fleet-count">
        <strong>
          {number.format(ready)}
          <span className="quiet fleet-of"> of {number.format(nodes)}</span>
        </strong>
        <span className="quiet">nodes ready</span>
      </li>
    </ul>
  );
}
