import { openDrift } from '@slipway/model/browser';
import { Panel, Skeleton, Tabs } from '@slipway/ui';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { Notice } from '@slipway/ui';
import { lazy, Suspense, useRef } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, HubEvent } from '../../hub/objects.ts';
import { CLUSTER_TABS, type ClusterTab } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { Lost, NotFoundPage, Problem, RefusedPage } from '../problem-pages.tsx';
import { Phase, phaseOf, PhaseReason } from './cluster-status.tsx';
import { EventList } from './event-list.tsx';
import { NodesTab } from './nodes-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { PlanTab } from './plan-tab.tsx';
// Here and not in the parts that are loaded later: a style sheet comes with the first page or not at all.
import '../change-cluster/change-cluster.css';
import '../drift/drift.css';
import '../layers/layers.css';
import '../workloads/workloads.css';

const AccessTab = lazy(() => import('../access/access-tab.tsx'));
const DriftTab = lazy(() => import('../drift/drift-tab.tsx'));
const SettingsTab = lazy(() => import('../change-cluster/settings-tab.tsx'));
const LayersTab = lazy(() => import('../layers/layers-tab.tsx'));
const WorkloadsTab = lazy(() => import('../workloads/workloads-tab.tsx'));
const YamlView = lazy(() => import('../yaml-view.tsx'));

const TAB_WORDS: Readonly<Record<ClusterTab, string>> = {
  overview: 'Overview',
  layers: 'Layers',
  nodes: 'Pools & nodes',
  workloads: 'Workloads',
  drift: 'Drift',
  access: 'Access',
  events: 'Events',
  plan: 'Plan & approvals',
  settings: 'Settings',
  yaml: 'YAML',
};

export function ClusterPage() {
  const { in: project, name } = useParams({ from: '/clusters/list/$in/$name' });
  const { tab = 'overview' } = useSearch({ from: '/clusters/list/$in/$name' });
  const found = useObjects<Cluster>(KINDS.clusters, project, `metadata.name=${name}`);
  const now = found.items[0];
  // Deleted while it is open: what was seen last stays readable.
  const last = useRef<Cluster>(undefined);
  if (now !== undefined) last.current = now;
  const shown = last.current?.metadata.name === name && last.current.metadata.namespace === project ? last.current : undefined;
  if (shown === undefined) {
    if (found.state === 'failed' && found.error !== undefined) return <RefusedPage title={name} error={found.error} />;
    return found.state === 'ready' ? <NotFoundPage what={`Cluster “${name}”`} /> : <Skeleton lines={8} />;
  }
  return (
    <>
      <PageHead title={name} parent={{ to: '/clusters/list', title: 'Clusters' }} beside={<Phase phase={phaseOf(shown)} />} />
      {found.state === 'failed' && <Lost error={found.error} />}
      {now === undefined && found.state === 'ready' && (
        <Notice icon={Trash2} tone="warn" role="status">
          <p>This cluster was deleted while the page was open. What you see is how it was last.</p>
        </Notice>
      )}
      <p className="quiet lead">
        <PhaseReason cluster={shown} />
      </p>
      <Tabs label="Parts of the cluster">
        {CLUSTER_TABS.map((one) => (
          <Link
            key={one}
            to="."
            search={(before) => ({ ...before, tab: one === 'overview' ? undefined : one })}
            className="tab"
            activeOptions={{ exact: true }}
            aria-current={one === tab ? 'true' : undefined}
          >
            {TAB_WORDS[one]}
            {one === 'drift' && <Count of={openDrift(shown.status?.drift ?? []).length} />}
          </Link>
        ))}
      </Tabs>
      <Suspense fallback={<Skeleton lines={12} />}>
        <Tab tab={tab} cluster={shown} />
      </Suspense>
    </>
  );
}

function Count({ of }: { readonly of: number }) {
  return of === 0 ? null : <span className="tab-count">{of}</span>;
}

function Tab({ tab, cluster }: { readonly tab: ClusterTab; readonly cluster: Cluster }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab cluster={cluster} />;
    case 'layers':
      return <LayersTab cluster={cluster} />;
    case 'nodes':
      return <NodesTab cluster={cluster} />;
    case 'workloads':
      return <WorkloadsTab cluster={cluster} />;
    case 'drift':
      return <DriftTab cluster={cluster} />;
    case 'access':
      return <AccessTab cluster={cluster} />;
    case 'events':
      return <Events cluster={cluster} />;
    case 'plan':
      return <PlanTab cluster={cluster} />;
    case 'settings':
      return <SettingsTab cluster={cluster} />;
    case 'yaml':
      return (
        <Panel title="YAML" flush>
          <Suspense
            fallback={
              <div className="panel-body">
                <Skeleton lines={12} />
              </div>
            }
          >
            <YamlView object={cluster} />
          </Suspense>
        </Panel>
      );
  }
}

function Events({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace } = cluster.metadata;
  const events = useObjects<HubEvent>(KINDS.events, namespace, `spec.regarding.kind=Cluster,spec.regarding.name=${name}`);
  return (
    <Panel title="Events" flush>
      {events.state === 'failed' ? (
        <Problem error={events.error} />
      ) : (
        <EventList events={events.items} loading={events.state === 'loading'} most={200} />
      )}
    </Panel>
  );
}
