import type { ApiObject } from '@slipway/model';
import { Empty, Panel, Skeleton } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FilterX, Inbox, Search } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Collection } from '../../hub/live.ts';
import { onRowKey } from '../../state/row-keys.ts';
import { Refused } from '../problem-pages.tsx';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
}

interface RowsProps<T> {
  readonly title: string;
  readonly rows: readonly T[];
  /** Where the rows come from: while one of them loads or is refused, that is said. */
  readonly from: readonly Collection<any>[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  /** What the filter looks through. */
  readonly text: (row: T) => string;
  readonly actions?: ReactNode;
  /** What nothing at all means, and the next step. */
  readonly nothing: { readonly title: string; readonly text: string };
}

/** A list of this area, with its filter in the address. */
export function Rows<T>({ title, rows, from, columns, keyOf, text, actions, nothing }: RowsProps<T>) {
  const { q = '' } = useSearch({ from: '/clusters/people' });
  const navigate = useNavigate({ from: '/clusters/people' });
  const refused = from.find(({ error, items }) => error !== undefined && items.length === 0)?.error;
  if (refused !== undefined) return <Refused error={refused} />;
  const loading = from.some(({ state }) => state === 'loading');
  const shown = rows.filter((row) => text(row).toLowerCase().includes(q.toLowerCase()));
  return (
    <>
      <div className="row wrap">
        <div className="with-icon filter-field">
          <Search size={15} aria-hidden />
          <input
            className="field"
            type="search"
            data-filter
            aria-label={`Filter ${title.toLowerCase()}`}
            placeholder="Filter"
            value={q}
            onChange={({ target: { value } }) =>
              void navigate({ search: (before) => ({ ...before, q: value === '' ? undefined : value }), replace: true })
            }
          />
        </div>
        <span className="grow" />
        {actions}
      </div>
      <Panel title={title} flush aside={!loading && <span className="quiet">{shown.length}</span>}>
        {loading && shown.length === 0 && (
          <div className="panel-body">
            <Skeleton lines={5} />
          </div>
        )}
        {!loading && shown.length === 0 && (
          <Empty icon={q === '' ? Inbox : FilterX} title={q === '' ? nothing.title : 'Nothing matches'}>
            <p>{q === '' ? nothing.text : 'Change or clear the filter.'}</p>
          </Empty>
        )}
        {shown.length > 0 && (
          <div className="table-scroll" tabIndex={0} role="group" aria-label={title}>
            <table className="table">
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th key={column.title}>{column.title}</th>
                  ))}
                </tr>
              </thead>
              <tbody onKeyDown={onRowKey}>
                {shown.map((row) => (
                  <tr key={keyOf(row)}>
                    {columns.map((column) => (
                      <td key={column.title}>{column.cell(row)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
    </>
  );
}

export const nameOf = ({ metadata }: ApiObject): string => metadata.name;
