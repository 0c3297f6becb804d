import type { ApiObject, RolloutStatus } from '@slipway/model';
import { Ago, Skeleton, Status } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import { CircleCheck, RefreshCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, HubEvent } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { Phase, phaseOf } from '../clusters/cluster-status.tsx';
import { AboutLink } from './about-link.tsx';
import { type Happening, ofEvent } from './happenings.ts';

const MOST = 5;
const BUSY = new Set(['Pending', 'Provisioning', 'Updating', 'Deleting']);
const ROLLING = new Set(['Progressing', 'WaitingForWindow', 'WaitingForApproval', 'WaitingForRelease']);

interface Running {
  readonly about: Happening['about'];
  readonly state: ReactNode;
  readonly since: string | undefined;
}

/** Of the scope of now: what runs, and the last that failed, as they are. */
export function ActivityNow({ onGo }: { readonly onGo: () => void }) {
  const { project } = useSearch({ from: '__root__' });
  const clusters = useObjects<Cluster>(KINDS.clusters, project);
  const rollouts = useObjects<ApiObject<object, RolloutStatus>>(KINDS.rollouts);
  const events = useObjects<HubEvent>(KINDS.events, project);
  const running: Running[] = [
    ...rollouts.items
      .filter(({ status }) => status !== undefined && ROLLING.has(status.phase))
      .map(({ metadata, status }) => ({
        about: { kind: 'Rollout', name: metadata.name },
        state: <Status icon={RefreshCw} tone="busy" word={status?.phase ?? 'Pending'} />,
        since: status?.startedAt,
      })),
    ...clusters.items
      .filter((cluster) => BUSY.has(phaseOf(cluster)))
      .map((cluster) => ({
        about: { kind: 'Cluster', name: cluster.metadata.name, namespace: cluster.metadata.namespace },
        state: <Phase phase={phaseOf(cluster)} />,
        since: cluster.status?.phaseSince ?? cluster.metadata.creationTimestamp,
      })),
  ];
  const failed = events.items
    .filter(({ spec }) => spec.type === 'Warning')
    .map(ofEvent)
    .toSorted((a, b) => b.time.localeCompare(a.time))
    .slice(0, MOST);
  const loading = [clusters, events].some(({ state }) => state === 'loading');
  const refused = [clusters, events].find(({ state }) => state === 'failed')?.error;
  return (
    <div className="activity-now">
      <h2 className="menu-label">Going on{running.length > MOST && `: ${running.length}`}</h2>
      {loading && running.length === 0 && <Skeleton lines={2} />}
      {!loading && running.length === 0 && <Nothing text="Nothing is being made, changed or deleted." />}
      <ul>
        {running.slice(0, MOST).map(({ about, state, since }) => (
          <li key={`${about.kind}/${about.namespace ?? ''}/${about.name}`} className="activity-line">
            <AboutLink about={about} onGo={onGo} />
            <span className="grow" />
            {state}
            <span className="quiet small">
              <Ago time={since} />
            </span>
          </li>
        ))}
      </ul>
      <h2 className="menu-label">Failed last</h2>
      {!loading && failed.length === 0 && <Nothing text="No warning in the last hours." />}
      <ul>
        {failed.map(({ id, about, message, reason, time }) => (
          <li key={id} className="activity-line activity-failed">
            <TriangleAlert size={14} className="tone-warn" aria-hidden />
            <span className="grow">
              <span className="row">
                <AboutLink about={about} onGo={onGo} />
                <span className="grow clip">{reason}</span>
                <span className="quiet small">
                  <Ago time={time} />
                </span>
              </span>
              <span className="quiet small activity-message">{message}</span>
            </span>
          </li>
        ))}
      </ul>
      {refused !== undefined && <p className="menu-label">{refused.message}</p>}
      <hr className="menu-rule" />
      <Link to="/clusters/activity" className="menu-item" onClick={onGo}>
        All activity
      </Link>
    </div>
  );
}

function Nothing({ text }: { readonly text: string }) {
  return (
    <p className="activity-line quiet">
      <CircleCheck size={14} className="tone-ok" aria-hidden />
      {text}
    </p>
  );
}
