import type { Revision } from '@slipway/model';
import { Ago, Button, Panel, Skeleton } from '@slipway/ui';
import { useState } from 'react';
import { Problem } from '../problem-pages.tsx';
import type { SectionProps } from './settings-tab.tsx';
import { useRevisions } from './use-revisions.ts';

/** So many are shown before somebody asks for all. */
const FIRST = 8;

/** What the cluster was, change by change, each of which can be gone back to. */
export function HistorySection({ cluster, because, onChange }: SectionProps) {
  const { revisions, error } = useRevisions(cluster);
  const [all, setAll] = useState(false);
  const shown = all ? revisions : revisions?.slice(0, FIRST);
  return (
    <Panel title="History" flush>
      {error !== undefined && <Problem error={error} />}
      {shown === undefined && error === undefined && (
        <div className="panel-body">
          <Skeleton lines={4} />
        </div>
      )}
      {shown?.length === 0 && <p className="panel-body quiet">The audit chain has no change of it.</p>}
      {shown !== undefined && shown.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="History">
          <table className="table">
            <thead>
              <tr>
                <th>Revision</th>
                <th>What changed</th>
                <th>By</th>
                <th>
                  <span className="visually-hidden">Go back</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((revision, index) => (
                <tr key={revision.seq}>
                  <td>
                    {revision.seq}
                    <span className="quiet block">
                      <Ago time={revision.time} />
                    </span>
                  </td>
                  <td className="message">
                    <Changed revision={revision} />
                  </td>
                  <td>{revision.user}</td>
                  <td>
                    <Button
                      aria-label={`Review rollback to revision ${revision.seq}`}
                      because={because ?? (index === 0 ? 'The cluster is so now.' : undefined)}
                      onClick={() => onChange({ what: 'rollback', seq: revision.seq })}
                    >
                      Review rollback
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {revisions !== undefined && !all && revisions.length > FIRST && (
        <div className="form-foot">
          <Button onClick={() => setAll(true)}>Show all {revisions.length}</Button>
        </div>
      )}
    </Panel>
  );
}

const MOST = 4;

function Changed({ revision: { changes } }: { readonly revision: Revision }) {
  if (changes.length === 0) return <>The cluster was created.</>;
  return (
    <>
      <ul>
        {changes.slice(0, MOST).map(({ path, from, to }) => (
          <li key={path}>
            <code>
              {path}: {textOf(from)} → {textOf(to)}
            </code>
          </li>
        ))}
      </ul>
      {changes.length > MOST && <span className="quiet">and {changes.length - MOST} fields more</span>}
    </>
  );
}

const textOf = (value: unknown): string => (value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value));
