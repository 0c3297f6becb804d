import { Ago, Button, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, Clock, FileText, type LucideIcon, SquareTerminal, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { openDock } from '../../dock/dock-store.ts';
import type { ClusterRef } from '../../hub/in-cluster.ts';
import type { WorkloadKind } from './kinds.ts';
import { type PodRights, usePodRights } from './rights.ts';
import { toneOf, type WorkloadRow } from './table-rows.ts';

const ICONS: Readonly<Record<ReturnType<typeof toneOf>, LucideIcon>> = { ok: CircleCheck, busy: Clock, warn: TriangleAlert, bad: CircleX };

interface TableProps {
  readonly cluster: ClusterRef;
  readonly kind: WorkloadKind;
  readonly rows: readonly WorkloadRow[];
  /** Why the cluster cannot be asked now. */
  readonly reach: string | undefined;
}

export function WorkloadTable({ cluster, kind, rows, reach }: TableProps) {
  const pods = kind.plural === 'pods';
  const namespaces = useMemo(() => (pods ? [...new Set(rows.flatMap(({ namespace }) => namespace ?? []))].toSorted() : []), [pods, rows]);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={kind.title}>
      <table className="table workload-table">
        <thead>
          <tr>
            <th>Name</th>
            {kind.namespaced && <th>Namespace</th>}
            {kind.columns.map((column) => (
              <th key={column}>{column}</th>
            ))}
            <th>Age</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        {pods ? (
          <Pods cluster={cluster} kind={kind} rows={rows} reach={reach} namespaces={namespaces} />
        ) : (
          <tbody>
            {rows.map((row) => (
              <tr key={row.uid}>
                <Cells kind={kind} row={row} />
                <td>
                  <ToPods kind={kind} row={row} />
                </td>
              </tr>
            ))}
          </tbody>
        )}
      </table>
    </div>
  );
}

function Pods({ cluster, kind, rows, reach, namespaces }: TableProps & { readonly namespaces: readonly string[] }) {
  const rightsIn = usePodRights(cluster, namespaces);
  return (
    <tbody>
      {rows.map((row) => (
        <tr key={row.uid}>
          <Cells kind={kind} row={row} />
          <td>
            <PodActions cluster={cluster} row={row} reach={reach} rights={rightsIn(row.namespace ?? '')} />
          </td>
        </tr>
      ))}
    </tbody>
  );
}

function Cells({ kind, row }: { readonly kind: WorkloadKind; readonly row: WorkloadRow }) {
  return (
    <>
      <td className="workload-name">{row.name}</td>
      {kind.namespaced && <td>{row.namespace}</td>}
      {kind.columns.map((column) => (
        <td key={column}>
          {column === 'Status' ? (
            <Status icon={ICONS[toneOf(row)]} tone={toneOf(row)} word={row.cells[column] ?? ''} />
          ) : (
            row.cells[column] || <span className="quiet">–</span>
          )}
        </td>
      ))}
      <td>
        <Ago time={row.created} />
      </td>
    </>
  );
}

/** From what owns pods, or carries them, to those. */
function ToPods({ kind, row }: { readonly kind: WorkloadKind; readonly row: WorkloadRow }) {
  const narrowed = kind.plural === 'nodes' ? { node: row.name } : { of: `${kind.plural}/${row.name}`, ns: row.namespace };
  return (
    <Link to="." search={(before) => ({ ...before, what: undefined, q: undefined, ...narrowed })} aria-label={`Pods of ${row.name}`}>
      Pods
    </Link>
  );
}

function PodActions(props: {
  readonly cluster: ClusterRef;
  readonly row: WorkloadRow;
  readonly reach: string | undefined;
  readonly rights: PodRights | undefined;
}) {
  const { cluster, row, reach, rights } = props;
  const pod = { ...cluster, namespace: row.namespace ?? 'default', pod: row.name };
  const asking = rights === undefined ? 'The cluster is being asked whether you may.' : undefined;
  return (
    <span className="row workload-actions">
      <Button
        look="plain"
        aria-label={`Logs of ${row.name}`}
        because={reach ?? asking ?? rights?.logs}
        onClick={() => openDock({ kind: 'logs', ...pod })}
      >
        <FileText size={15} aria-hidden />
        Logs
      </Button>
      <Button
        look="plain"
        aria-label={`Shell in ${row.name}`}
        because={reach ?? asking ?? rights?.shell ?? (row.cells['Status'] === 'Running' ? undefined : 'A shell needs a running container.')}
        onClick={() => openDock({ kind: 'shell', ...pod })}
      >
        <SquareTerminal size={15} aria-hidden />
        Shell
      </Button>
    </span>
  );
}
