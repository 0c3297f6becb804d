/** What the workloads of a cluster are looked at by; the columns are the cluster's own, as kubectl shows them. */
export interface WorkloadKind {
  readonly plural: string;
  readonly title: string;
  readonly path: string;
  readonly namespaced: boolean;
  /** Has a selector, so that its pods can be asked for. */
  readonly selects: boolean;
  /** Columns of the cluster's table that are shown, in this order. */
  readonly columns: readonly string[];
}

const core = '/api/v1';
const apps = '/apis/apps/v1';
const of = (plural: string, title: string, path: string, columns: readonly string[], more: Partial<WorkloadKind> = {}): WorkloadKind => ({
  plural,
  title,
  path,
  columns,
  namespaced: true,
  selects: true,
  ...more,
});

export const WORKLOAD_KINDS = [
  of('pods', 'Pods', core, ['Status', 'Ready', 'Restarts', 'Node'], { selects: false }),
  of('deployments', 'Deployments', apps, ['Ready', 'Up-to-date', 'Available']),
  of('statefulsets', 'Stateful sets', apps, ['Ready']),
  of('daemonsets', 'Daemon sets', apps, ['Desired', 'Ready', 'Up-to-date', 'Available']),
  of('jobs', 'Jobs', '/apis/batch/v1', ['Status', 'Completions', 'Duration']),
  of('nodes', 'Nodes', core, ['Status', 'Roles', 'Version', 'Internal-IP'], { namespaced: false, selects: false }),
] as const;

export const workloadKind = (plural: string | undefined): WorkloadKind =>
  WORKLOAD_KINDS.find((kind) => kind.plural === plural) ?? WORKLOAD_KINDS[0];

/** Which of them: everything but the kind is optional. */
export interface WorkloadQuery {
  readonly kind: WorkloadKind;
  readonly namespace?: string | undefined;
  /** Of pods: those of one node. */
  readonly node?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** The collection's path in the cluster. */
export const collectionOf = ({ kind, namespace }: Pick<WorkloadQuery, 'kind' | 'namespace'>): string =>
  `${kind.path}/${kind.namespaced && namespace !== undefined ? `namespaces/${encodeURIComponent(namespace)}/` : ''}${kind.plural}`;

export const selectionOf = ({ node, labelSelector }: WorkloadQuery): Record<string, string | undefined> => ({
  fieldSelector: node === undefined ? undefined : `spec.nodeName=${node}`,
  labelSelector,
});

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** A `metav1.LabelSelector` in the words of an address: `app=web,tier in (a,b),!old`. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const words: Readonly<Record<string, (key: string, values: string) => string>> = {
    In: (key, values) => `${key} in (${values})`,
    NotIn: (key, values) => `${key} notin (${values})`,
    Exists: (key) => key,
    DoesNotExist: (key) => `!${key}`,
  };
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.flatMap(({ key, operator, values = [] }) => words[operator]?.(key, values.join(',')) ?? []),
  ].join(',');
}
