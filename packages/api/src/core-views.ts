import type { ApiObject, Kind } from '@slipway/model';

/** A project as core/v1 Namespace, so that `kubectl -n` and namespace pickers work. */
export function namespaceOf(project: ApiObject): ApiObject {
  const phase = project.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
  return { apiVersion: 'v1', kind: 'Namespace', metadata: project.metadata, spec: {}, status: { phase } };
}

export const namespaceView: Pick<Kind, 'kind' | 'columns'> = {
  kind: 'Namespace',
  columns: [{ name: 'Status', value: (namespace) => (namespace.status as { phase: string }).phase }],
};

interface EventSpec {
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid?: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

/** An Event as core/v1 Event: what `kubectl describe` shows at its end. */
export function coreEventOf(event: ApiObject): object {
  const spec = event.spec as EventSpec;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
    involvedObject: { ...spec.regarding, namespace: event.metadata.namespace, apiVersion: event.apiVersion },
    type: spec.type,
    reason: spec.reason,
    message: spec.message,
    source: { component: spec.source },
    count: spec.count,
    firstTimestamp: wholeSeconds(spec.firstTimestamp),
    lastTimestamp: wholeSeconds(spec.lastTimestamp),
  };
}

// metav1.Time has no fractions.
const wholeSeconds = (time: string): string => time.replace(/\.\d+(?=Z|[+-])/, '');

/** The fields of a core/v1 event selector, as far as our events have them; the rest is matched by `matchesCoreEvent`. */
export function eventSelector(coreSelector: string): { fieldSelector: string; uid: string | undefined } {
  const terms = coreSelector.split(',').map((term) => term.split('=').filter((part) => part !== ''));
  const value = (name: string) => terms.find(([key]) => key === `involvedObject.${name}`)?.[1];
  const parts = (['kind', 'name'] as const).flatMap((field) =>
    value(field) === undefined ? [] : [`spec.regarding.${field}=${value(field)}`],
  );
  return { fieldSelector: parts.join(','), uid: value('uid') };
}
