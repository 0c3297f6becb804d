import { durationText, timelineSteps, type TimelineStep } from '@slipway/model/browser';
import { Button, Notice, Panel, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, Hourglass, Loader, RotateCw, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, HubEvent } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { useObjects } from '../../state/use-live.ts';
import { EventList } from '../clusters/event-list.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import './timeline.css';

/** A change of it, like every change of a cluster, makes its controller look at once instead of at the next try. */
const RETRY = 'slipway.dev/retried-at';
const TICK_MS = 1000;
const LAST_EVENTS = 5;

/** How a cluster comes to be, or to what was changed, step by step: how long each takes and usually takes, and what it waits for now. */
export function TimelinePanel({ cluster }: { readonly cluster: Cluster }) {
  // By a field: of a list without one only summaries are kept, which have no timelines. Clusters of one profile are alike.
  const all = useObjects<Cluster>(KINDS.clusters, cluster.metadata.namespace, `spec.profile.name=${cluster.spec.profile.name}`);
  const others = useMemo(
    () => all.items.filter(({ metadata }) => metadata.uid !== cluster.metadata.uid).map(({ status }) => status?.timeline ?? []),
    [all.items, cluster.metadata.uid],
  );
  const timeline = cluster.status?.timeline ?? [];
  const running = timeline.some(({ finishedAt }) => finishedAt === undefined);
  const now = useNow(running);
  const steps = timelineSteps(timeline, others, now);
  return (
    <Panel title="Timeline" flush aside={running && <Actions cluster={cluster} />}>
      {steps.length === 0 && <p className="quiet panel-body">Nothing has begun yet.</p>}
      <ol>
        {steps.map((step) => (
          <Step key={step.step} step={step} />
        ))}
      </ol>
      {running && <LastEvents cluster={cluster} />}
    </Panel>
  );
}

function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

function Step({ step }: { readonly step: TimelineStep }) {
  const { step: name, finishedAt, waitingFor, elapsed, usual, likely } = step;
  const done = finishedAt !== undefined;
  const from = usual.clusters === 0 ? 'as documented' : `median of ${usual.clusters} clusters`;
  return (
    <li className="timeline-step">
      <div className="row">
        <span className="timeline-name">
          <Status icon={done ? CircleCheck : Loader} tone={done ? 'ok' : 'busy'} word={name} />
        </span>
        <span className="grow quiet timeline-wait">{done ? '' : waitingFor}</span>
        <span className="timeline-time">{durationText(elapsed)}</span>
        <span className="timeline-time quiet small" title={from}>
          usually {durationText(usual.seconds)}
        </span>
      </div>
      {likely !== undefined && (
        <Notice icon={Hourglass} tone="warn" role="status">
          <p>This takes more than twice as long as usual. Likely causes:</p>
          <ul className="bullets">
            {likely.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ul>
        </Notice>
      )}
    </li>
  );
}

function Actions({ cluster }: { readonly cluster: Cluster }) {
  const [cancel, setCancel] = useState(false);
  const made = cluster.status?.firstReadyAt !== undefined;
  const going = cluster.metadata.deletionTimestamp !== undefined;
  const again = () => {
    const annotations = { [RETRY]: new Date().toISOString() };
    void client.patch(
      { kind: KINDS.clusters, project: cluster.metadata.namespace, name: cluster.metadata.name },
      { metadata: { annotations } },
    );
  };
  return (
    <>
      <Button because={going ? 'It is being deleted.' : undefined} title="What waits for its next try is tried now" onClick={again}>
        <RotateCw size={15} aria-hidden />
        Try again now
      </Button>
      {!made && (
        <Button look="danger" because={going ? 'It is being deleted already.' : undefined} onClick={() => setCancel(true)}>
          <Trash2 size={15} aria-hidden />
          Cancel
        </Button>
      )}
      {cancel && <CancelDialog cluster={cluster} onClose={() => setCancel(false)} />}
    </>
  );
}

function LastEvents({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace } = cluster.metadata;
  const events = useObjects<HubEvent>(KINDS.events, namespace, `spec.regarding.kind=Cluster,spec.regarding.name=${name}`);
  return (
    <div className="timeline-events">
      <div className="row panel-body">
        <strong className="grow">Last events</strong>
        <Link to="." search={(before) => ({ ...before, tab: 'events' as const })}>
          All events
        </Link>
        <Link to="." search={(before) => ({ ...before, tab: 'workloads' as const })}>
          Logs of its pods
        </Link>
      </div>
      <EventList events={events.items} loading={events.state === 'loading'} most={LAST_EVENTS} />
    </div>
  );
}
