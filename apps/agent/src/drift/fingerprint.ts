import { canonicalJson } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';

/** Kinds without `metadata.generation`: there every new resourceVersion may be a change of content. */
const hasGeneration = (metadata: KubeObject['metadata']): boolean => (metadata.generation ?? 0) > 0;

/**
 * A value that stays the same while only the status of an object changes, from metadata alone. Of kinds without a generation it changes with
 * every write. managedFields are left out of it on purpose: for kinds with a generation, generation and metadata say everything.
 */
export function fingerprint(metadata: KubeObject['metadata']): string {
  if (!hasGeneration(metadata)) return `${metadata.uid}@${metadata.resourceVersion}`;
  const { generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp, uid } = metadata;
  return canonicalJson({ uid, generation, labels, annotations, finalizers, ownerReferences, deletionTimestamp });
}
