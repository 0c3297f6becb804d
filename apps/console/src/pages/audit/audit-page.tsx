import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { Ago, Button, Empty, Panel, Skeleton, Status } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Ban, CircleCheck, CircleX, FilterX } from 'lucide-react';
import { useEffect, useState } from 'react';
import { PageHead } from '../../shell/page-title.tsx';
import { Refused } from '../problem-pages.tsx';
import './audit.css';
import { AuditActions } from './audit-actions.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { RecordDialog } from './record-dialog.tsx';
import { type AuditRow, type AuditSearch, objectText, readRows } from './records.ts';

const OUTCOMES = {
  ok: [CircleCheck, 'ok', 'Done'],
  denied: [Ban, 'warn', 'Denied'],
  failed: [CircleX, 'bad', 'Failed'],
} as const;

export function Outcome({ outcome }: { readonly outcome: AuditRow['outcome'] }) {
  const [icon, tone, word] = OUTCOMES[outcome];
  return <Status icon={icon} tone={tone} word={word} />;
}

/** Who did what, when, and what changed by it. */
export function AuditPage() {
  const { open, project: _project, ...search } = useSearch({ from: '/clusters/audit' });
  const navigate = useNavigate({ from: '/clusters/audit' });
  const { answer, error } = useRecords(search);
  const opened = answer?.rows.find(({ seq }) => String(seq) === open);
  const change = (more: AuditSearch & { open?: string | undefined }) => void navigate({ search: (before) => ({ ...before, ...more }) });
  return (
    <>
      <PageHead title="Audit" actions={<AuditActions search={search} />} />
      <AuditFilters search={search} onChange={change} />
      {error !== undefined && <Refused error={error} />}
      {error === undefined && (
        <Panel title="Records" flush aside={answer !== undefined && <span className="quiet">newest first</span>}>
          {answer === undefined && (
            <div className="panel-body">
              <Skeleton lines={8} />
            </div>
          )}
          {answer?.rows.length === 0 && (
            <Empty icon={FilterX} title="Nothing matches">
              <p>Change or clear the filters. What is older than the retention of the tenant is gone.</p>
            </Empty>
          )}
          {answer !== undefined && answer.rows.length > 0 && <Records rows={answer.rows} onOpen={(seq) => change({ open: String(seq) })} />}
        </Panel>
      )}
      <div className="row">
        {search.before !== undefined && <Button onClick={() => change({ before: undefined })}>Newest</Button>}
        {answer?.more === true && <Button onClick={() => change({ before: String(answer.rows.at(-1)?.seq ?? '') })}>Older</Button>}
      </div>
      {opened !== undefined && <RecordDialog row={opened} onClose={() => change({ open: undefined })} />}
    </>
  );
}

function useRecords(search: AuditSearch) {
  const [answer, setAnswer] = useState<Awaited<ReturnType<typeof readRows>>>();
  const [error, setError] = useState<SlipwayError>();
  const key = JSON.stringify(search);
  useEffect(() => {
    let left = false;
    readRows(JSON.parse(key) as AuditSearch, Date.now()).then(
      (rows) => {
        if (left) return;
        setAnswer(rows);
        setError(undefined);
      },
      (problem: unknown) => {
        if (!left) setError(problem instanceof SlipwayError ? problem : new SlipwayError('Internal', messageOf(problem)));
      },
    );
    return () => {
      left = true;
    };
  }, [key]);
  return { answer, error };
}

function Records({ rows, onOpen }: { readonly rows: readonly AuditRow[]; readonly onOpen: (seq: number) => void }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Records">
      <table className="table">
        <thead>
          <tr>
            <th>Record</th>
            <th>When</th>
            <th>Who</th>
            <th>Did</th>
            <th>With</th>
            <th>Outcome</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.seq}>
              <td>
                <button type="button" className="link-button" aria-label={`Record ${row.seq}`} onClick={() => onOpen(row.seq)}>
                  {row.seq}
                </button>
              </td>
              <td>
                <Ago time={row.time} />
              </td>
              <td>{row.user.name}</td>
              <td>{row.verb}</td>
              <td className="audit-object">{objectText(row)}</td>
              <td>
                <Outcome outcome={row.outcome} />
                {row.suppressed !== undefined && <span className="quiet small"> and {row.suppressed} more</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
