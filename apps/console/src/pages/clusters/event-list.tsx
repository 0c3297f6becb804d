import { Ago, Empty, localTimes, Skeleton, Status } from '@slipway/ui';
import { CircleCheck, Info, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import type { HubEvent } from '../../hub/objects.ts';

/** What happened, the last first. */
export function EventList(props: {
  readonly events: readonly HubEvent[];
  readonly loading: boolean;
  readonly most: number;
  readonly named?: boolean;
}) {
  const { events, most } = props;
  const shown = useMemo(
    () => events.toSorted((a, b) => b.spec.lastTimestamp.localeCompare(a.spec.lastTimestamp)).slice(0, most),
    [events, most],
  );
  if (shown.length === 0)
    return props.loading ? (
      <div className="panel-body">
        <Skeleton lines={4} />
      </div>
    ) : (
      <Empty icon={CircleCheck} title="No events">
        <p>Nothing was told in the last hours.</p>
      </Empty>
    );
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Events">
      <table className="table">
        <thead>
          <tr>
            <th>Last seen</th>
            <th>Type</th>
            {props.named && <th>About</th>}
            <th>Reason</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ metadata, spec }) => (
            <tr key={metadata.uid}>
              <td>
                <Ago time={spec.lastTimestamp} />
              </td>
              <td>
                {spec.type === 'Warning' ? (
                  <Status icon={TriangleAlert} tone="warn" word="Warning" />
                ) : (
                  <Status icon={Info} tone="quiet" word="Normal" />
                )}
              </td>
              {props.named && (
                <td>
                  {spec.regarding.kind} {spec.regarding.name}
                </td>
              )}
              <td>{spec.reason}</td>
              <td className="message">
                {localTimes(spec.message)}
                {spec.count > 1 && <span className="quiet"> (×{spec.count})</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
