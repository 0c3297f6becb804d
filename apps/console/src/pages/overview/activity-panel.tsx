import { Ago, Empty, localTimes, Panel, Skeleton } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, Info, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { HubEvent } from '../../hub/objects.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem } from '../problem-pages.tsx';

const MOST = 8;

/** What happened last, in short. It fails for itself: the rest of the page stays. */
export function ActivityPanel({ project }: { readonly project: string | undefined }) {
  const events = useObjects<HubEvent>(KINDS.events, project);
  const shown = useMemo(
    () => events.items.toSorted((a, b) => b.spec.lastTimestamp.localeCompare(a.spec.lastTimestamp)).slice(0, MOST),
    [events.items],
  );
  return (
    <Panel title="Latest events" flush aside={<Link to="/clusters/activity">All activity</Link>}>
      {events.state === 'failed' && <Problem error={events.error} />}
      {events.state === 'loading' && shown.length === 0 && (
        <div className="panel-body">
          <Skeleton lines={6} />
        </div>
      )}
      {events.state === 'ready' && shown.length === 0 && (
        <Empty icon={CircleCheck} title="No events">
          <p>Nothing was told in the last hours.</p>
        </Empty>
      )}
      <ul>
        {shown.map((event) => (
          <Happening key={event.metadata.uid} event={event} />
        ))}
      </ul>
    </Panel>
  );
}

function Happening({ event: { metadata, spec } }: { readonly event: HubEvent }) {
  const warns = spec.type === 'Warning';
  const Icon = warns ? TriangleAlert : Info;
  const { kind, name } = spec.regarding;
  return (
    <li className="happening">
      <Icon size={15} className={warns ? 'tone-warn' : 'tone-quiet'} role="img" aria-label={spec.type} />
      <span className="grow">
        <span className="row">
          <strong className="clip">{spec.reason}</strong>
          <span className="grow row">
            {kind === 'Cluster' ? (
              <Link
                className="clip"
                to="/clusters/list/$in/$name"
                params={{ in: metadata.namespace ?? '', name }}
                search={{ tab: 'events' }}
              >
                {name}
              </Link>
            ) : (
              <span className="clip">
                {kind} {name}
              </span>
            )}
          </span>
          <span className="quiet small">
            <Ago time={spec.lastTimestamp} />
          </span>
        </span>
        <span className="block clip quiet small" title={spec.message}>
          {localTimes(spec.message)}
        </span>
      </span>
    </li>
  );
}
