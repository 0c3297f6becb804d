import { mergePatchOf } from '../meta/diff.ts';
import { API_VERSION } from '../meta/group.ts';
import type { ApiObject, NewObject } from '../meta/object.ts';

/** An object as it is, and the spec that it is to have: what a plan is asked about, and what is written once somebody has seen it. */
export interface SpecWrite<Spec extends object = object> {
  readonly kind: 'Cluster' | 'MachinePool';
  readonly object: Pick<ApiObject<Spec>, 'metadata' | 'spec'>;
  readonly spec: Spec;
}

/** The write as a plan takes it: of what is there, only what differs. */
export const plannedOf = ({ kind, object: { metadata, spec: before }, spec }: SpecWrite): NewObject => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
  spec: mergePatchOf(before, spec),
});

/** The write as a merge patch. */
export const patchOf = ({ object, spec }: SpecWrite): { readonly spec: object } => ({ spec: mergePatchOf(object.spec, spec) });

/** The writes with an approval given along: whoever says yes to a plan can approve what it says. */
export const withApproval = (writes: readonly SpecWrite[], id: string | undefined): SpecWrite[] =>
  writes.map((write) => {
    if (id === undefined || write.kind !== 'Cluster') return write;
    const { approvals = [] } = write.spec as { readonly approvals?: readonly string[] };
    return { ...write, spec: { ...write.spec, approvals: [...new Set([...approvals, id])] } };
  });
