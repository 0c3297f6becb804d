import type { DriftFact } from '@slipway/model';
import { fieldAt, sameObject } from '@slipway/model/browser';
import type { Cluster } from '../../hub/objects.ts';

export type ToldLayers = readonly { readonly name: string; readonly values?: unknown; readonly objects?: readonly unknown[] }[];

interface Named {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

/** What the spec wants at a field now. Of manifests that is known exactly; a chart makes its objects in the cluster only, so there it is what was applied last. */
export function wantedAt({ layer, object, diff }: DriftFact, path: string, told: ToldLayers | undefined): unknown {
  const applied = diff.find((field) => field.path === path)?.wanted;
  const found = told
    ?.find(({ name }) => name === layer)
    ?.objects?.find((candidate) => {
      const { kind = '', metadata: { name = '', namespace } = {} } = candidate as Named;
      // One that names no namespace lands in the layer's.
      return sameObject({ kind, name, namespace: namespace ?? object.namespace }, object);
    });
  return found === undefined ? applied : fieldAt(found, path);
}

/** Why the spec may want something else than was applied; undefined when it was handed over as it is. */
export function whyNotYet({ metadata, spec, status }: Pick<Cluster, 'metadata' | 'spec' | 'status'>): string | undefined {
  if (status?.approval !== undefined) return 'may change once what waits for an approval is approved';
  if (spec.paused) return 'the cluster is paused: nothing newer is applied';
  if (status !== undefined && status.observedGeneration < metadata.generation) return 'a newer change is being prepared';
  const behind = status?.plan !== undefined && (status.agent?.planRevision ?? 0) < status.plan.revision;
  return behind ? `plan ${status.plan?.revision ?? ''} is on its way to the cluster` : undefined;
}
