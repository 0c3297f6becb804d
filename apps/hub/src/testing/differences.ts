import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '@slipway/kit';
import type { Answer, Call } from './test-api.ts';

export interface Observation {
  readonly hub: Answer;
  readonly kubernetes: Answer;
  readonly operation: string;
  readonly call: Call;
  /** The kind's own schema, with the unions that a structural schema cannot have. */
  readonly schema: { readonly spec: Record<string, unknown> };
}

/** Where the hub answers otherwise than kube-apiserver, on purpose. docs/api.md shows this list. */
export interface Difference {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  /** The two hold different objects afterwards. */
  readonly leadsApart: boolean;
  readonly explains: (seen: Observation) => boolean;
}

export const causesOf = ({ body }: Answer): string[] => {
  const causes = (body.details?.causes ?? []) as { reason?: string; field?: string }[];
  return [...new Set(causes.map(({ reason, field }) => `${reason} ${field}`))].toSorted();
};
const isStatus = ({ body }: Answer): boolean => body?.kind === 'Status' && body.status === 'Failure';
const hasUnion = ({ schema }: Observation): boolean => /"oneOf"/.test(JSON.stringify(schema.spec));

const refusedAlike = ({ hub, kubernetes }: Observation): boolean =>
  isStatus(hub) && isStatus(kubernetes) && hub.status === kubernetes.status && hub.body.reason === kubernetes.body.reason;
const fieldsOf = (answer: Answer): string[] => [...new Set(causesOf(answer).map((cause) => cause.split(' ')[1] ?? ''))].toSorted();
const messageOf = ({ body }: Answer): string => String(body?.message);

/** Owners of a returned object that wrote its status, or the others. */
const ownersOf = ({ body }: Answer, ofStatus: boolean): string[] =>
  ((body?.metadata?.managedFields ?? []) as Record<string, unknown>[])
    .filter(({ subresource }) => (subresource === 'status') === ofStatus)
    .map(({ time: _time, ...owner }) => canonicalJson(owner))
    .toSorted();

export const differences: readonly Difference[] = [
  {
    id: 'json-patch-rfc',
    what: 'In a JSON patch, `replace` and `test` need a field that is there.',
    why: 'RFC 6902 says so; kube-apiserver lets both pass on a missing field, which hides misspelt paths.',
    leadsApart: true,
    explains: ({ hub, operation }) =>
      operation.startsWith('JSON patch') && hub.status === 422 && causesOf(hub).join() === 'FieldValueInvalid [0]',
  },
  {
    id: 'error-details',
    what: 'Every refusal names the object and its resource in `details`; an unknown or doubled field and a JSON patch that cannot be applied have `details.causes` with the path and what would be right.',
    why: 'Kubernetes puts them into the message only, and names now the resource, now the kind; a client should not have to parse it.',
    leadsApart: false,
    explains: (seen) =>
      refusedAlike(seen) &&
      (isDeepStrictEqual(causesOf(seen.hub), causesOf(seen.kubernetes)) ||
        ([400, 422].includes(seen.hub.status) && causesOf(seen.kubernetes).length === 0)),
  },
  {
    id: 'one-cause-per-field',
    what: 'A wrong field has one cause in a 422.',
    why: 'Kubernetes tells the wrong type and the enum it therefore is not in as two; the first is enough to repair it.',
    leadsApart: false,
    explains: (seen) => refusedAlike(seen) && seen.hub.status === 422 && isDeepStrictEqual(fieldsOf(seen.hub), fieldsOf(seen.kubernetes)),
  },
  {
    id: 'wrong-type-first',
    what: 'A map where a list or a scalar belongs is refused for its type (422), not for the fields in it (400).',
    why: 'The fields in it are not unknown; they stand in the wrong place.',
    leadsApart: false,
    explains: ({ hub, kubernetes }) => hub.status === 422 && kubernetes.status === 400 && messageOf(kubernetes).includes('unknown field'),
  },
  {
    id: 'unknown-fields-in-patches',
    what: 'A patch that brings an unknown field is refused with 400, as a create or update is.',
    why: 'Kubernetes answers 422 with the whole object in the message.',
    leadsApart: false,
    explains: ({ hub, kubernetes, operation }) =>
      operation.includes('patch') && hub.status === 400 && kubernetes.status === 422 && messageOf(hub).includes('unknown field'),
  },
  {
    id: 'apply-duplicates',
    what: 'An apply with the same key twice in a keyed list is refused with 422 and the place.',
    why: 'kube-apiserver answers 500.',
    leadsApart: false,
    explains: ({ hub, kubernetes }) =>
      kubernetes.status === 500 && hub.status === 422 && causesOf(hub).some((cause) => cause.startsWith('FieldValueDuplicate')),
  },
  {
    id: 'emptied-spec',
    what: 'An apply that lets go of everything in a map is accepted: the map goes, or keeps its defaults.',
    why: 'kube-apiserver 1.35 makes it null and then refuses the object for that (structured-merge-diff before 6.4).',
    leadsApart: true,
    explains: ({ operation, kubernetes }) =>
      operation.includes('apply') &&
      kubernetes.status === 422 &&
      (/must be of type (object|array): "null"/.test(messageOf(kubernetes)) || causesOf(kubernetes).join() === 'FieldValueRequired spec'),
  },
  {
    id: 'status-owners-across-versions',
    what: 'A write of the object leaves the owners of its status alone, whatever version they wrote in.',
    why: 'kube-apiserver resets the status for the version of the request only, and so forgets who wrote it in another one.',
    leadsApart: true,
    explains: ({ hub, kubernetes }) =>
      hub.status === kubernetes.status &&
      isDeepStrictEqual(ownersOf(hub, false), ownersOf(kubernetes, false)) &&
      ownersOf(hub, true).length > ownersOf(kubernetes, true).length,
  },
  {
    id: 'unions',
    what: 'Fields that do not belong to the chosen variant of a union are refused, and only the chosen one’s defaults are set.',
    why: 'A structural schema cannot say that `url` goes with `type: helm` only; the kind’s own schema does, and says so before anything is stored.',
    leadsApart: true,
    explains: (seen) =>
      hasUnion(seen) && (isStatus(seen.hub) ? [400, 422].includes(seen.hub.status) : seen.kubernetes.status === seen.hub.status),
  },
];

export const differenceFor = (seen: Observation): Difference | undefined => differences.find(({ explains }) => explains(seen));
