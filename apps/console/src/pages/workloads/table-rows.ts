/** A `metav1.Table` as API servers answer it. */
export interface KubeTable {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions?: readonly { readonly name: string; readonly type?: string }[] | null;
  readonly rows?: readonly TableRow[] | null;
}

interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: { readonly metadata?: RowMeta };
}

interface RowMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly resourceVersion?: string;
}

/** One object with what its cluster says of it, by column. */
export interface WorkloadRow {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly created: string | undefined;
  readonly cells: Readonly<Record<string, string>>;
}

export const columnsOf = (table: KubeTable): readonly string[] => (table.columnDefinitions ?? []).map(({ name }) => name);

/** Tables of a watch name their columns only once, so they are given. */
export function rowsOf(table: KubeTable, columns: readonly string[]): WorkloadRow[] {
  return (table.rows ?? []).flatMap(({ cells, object }) => {
    const { uid, name, namespace, creationTimestamp } = object?.metadata ?? {};
    if (uid === undefined || name === undefined) return [];
    return [
      {
        uid,
        name,
        namespace,
        created: creationTimestamp,
        cells: Object.fromEntries(columns.map((column, index) => [column, cellText(cells[index])])),
      },
    ];
  });
}

const cellText = (value: unknown): string =>
  value === null || value === undefined || value === '<none>' ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

export const byName = (a: WorkloadRow, b: WorkloadRow): number =>
  (a.namespace ?? '').localeCompare(b.namespace ?? '') || a.name.localeCompare(b.name);

const GOOD = new Set(['Running', 'Completed', 'Succeeded', 'Ready', 'Complete', 'Active']);
const ON_ITS_WAY = /^(Pending|ContainerCreating|PodInitializing|Init:\d+\/\d+|Terminating|SchedulingGated|Suspended)$/;

/** How a state in the cluster's own words is to be taken. A pod that runs and is not ready is not well. */
export function toneOf({ cells }: WorkloadRow): 'ok' | 'busy' | 'warn' | 'bad' {
  const status = cells['Status'] ?? '';
  const [ready, wanted] = (cells['Ready'] ?? '').split('/').map(Number);
  if (status === 'Running' && ready !== undefined && wanted !== undefined && ready < wanted) return 'warn';
  if (GOOD.has(status)) return 'ok';
  if (ON_ITS_WAY.test(status)) return 'busy';
  return status.startsWith('Ready,') ? 'warn' : 'bad';
}
