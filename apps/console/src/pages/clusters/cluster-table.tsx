import './cluster-table.css';
import { useSearch } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { ClusterRow, ROW } from './cluster-row.tsx';

/** Rows beside those in view, so that scrolling shows no gaps. */
const BESIDE = 10;

const HEADINGS: readonly (readonly [column: string, title: string, narrow: boolean])[] = [
  ['name', 'Name', true],
  ['status', 'Status', true],
  ['project', 'Project', false],
  ['profile', 'Profile', false],
  ['kubernetes', 'Kubernetes', false],
  ['nodes', 'Nodes', false],
  ['drift', 'Drift', false],
  ['age', 'Age', false],
];

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 12,
  PageUp: -12,
  Home: -Infinity,
  End: Infinity,
};

/** However many clusters, only the rows in view are in the document. One row is in the order of the keyboard; arrows move to the others. */
export function ClusterTable(props: {
  readonly clusters: readonly Cluster[];
  readonly sort: string | undefined;
  readonly onSort: (sort: string) => void;
  /** Uids. */
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}) {
  const { clusters, chosen, onChoose } = props;
  const body = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const wanted = useRef(false);
  const current = Math.min(at, clusters.length - 1);
  const rows = useVirtualizer({ count: clusters.length, getScrollElement: () => body.current, estimateSize: () => ROW, overscan: BESIDE });
  useEffect(() => {
    if (!wanted.current) return;
    const link = body.current?.querySelector<HTMLElement>(`[data-row="${current}"] a`);
    if (link === null || link === undefined) return;
    wanted.current = false;
    link.focus({ preventScroll: true });
  });
  // The same function for as long as the table lives: rows that did not change are not made anew while somebody scrolls.
  const latest = useRef({ chosen, onChoose });
  latest.current = { chosen, onChoose };
  const choose = useCallback((uid: string | undefined) => {
    if (uid === undefined) return;
    const next = new Set(latest.current.chosen);
    if (!next.delete(uid)) next.add(uid);
    latest.current.onChoose(next);
  }, []);
  const { project } = useSearch({ from: '__root__' });
  const all = clusters.length > 0 && chosen.size >= clusters.length && clusters.every(({ metadata }) => chosen.has(metadata.uid));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'x') return choose(clusters[current]?.metadata.uid);
    const step = STEPS[event.key];
    if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(clusters.length - 1, current + step));
    wanted.current = true;
    rows.scrollToIndex(next);
    setAt(next);
  };
  return (
    <div role="table" aria-label="Clusters" aria-rowcount={clusters.length + 1} className="grid">
      <div role="rowgroup">
        <div role="row" className="grid-row grid-head" aria-rowindex={1}>
          <div role="columnheader" className="grid-cell grid-choice">
            <input
              type="checkbox"
              aria-label={`Choose all ${clusters.length} clusters of this list`}
              checked={all}
              onChange={() => onChoose(new Set(all ? [] : clusters.map(({ metadata }) => metadata.uid)))}
            />
          </div>
          {HEADINGS.map(([column, title, narrow]) => (
            <Heading key={column} {...props} column={column} title={title} narrow={narrow} />
          ))}
          <div role="columnheader" className="grid-cell grid-message">
            What it says
          </div>
        </div>
      </div>
      <div role="rowgroup" ref={body} className="grid-body" onKeyDown={onKeyDown}>
        {/* Of the height of all rows, so that the scroll bar tells the truth. */}
        <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const cluster = clusters[index];
            return cluster === undefined ? null : (
              <ClusterRow
                key={cluster.metadata.uid}
                cluster={cluster}
                index={index}
                start={start}
                current={index === current}
                onFocus={setAt}
                chosen={chosen.has(cluster.metadata.uid)}
                onChoose={choose}
                scope={project}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Heading(props: {
  readonly column: string;
  readonly title: string;
  readonly narrow: boolean;
  readonly sort: string | undefined;
  readonly onSort: (sort: string) => void;
}) {
  const { column, sort = 'status' } = props;
  const up = sort === column;
  const down = sort === `-${column}`;
  return (
    <div
      role="columnheader"
      className={`grid-cell ${props.narrow ? '' : 'grid-extra'}`}
      aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}
    >
      <button type="button" className="grid-sort" onClick={() => props.onSort(up ? `-${column}` : column)}>
        {props.title}
        {up && <ArrowUp size={13} aria-hidden />}
        {down && <ArrowDown size={13} aria-hidden />}
      </button>
    </div>
  );
}
