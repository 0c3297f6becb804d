import type { ObjectId } from './cluster-plan.ts';

/** What an object with `apiVersion`, `kind` and `metadata` is called. */
export function objectId(object: Readonly<Record<string, unknown>>): ObjectId {
  const metadata = (object['metadata'] ?? {}) as { name?: string; namespace?: string };
  return {
    apiVersion: String(object['apiVersion']),
    kind: String(object['kind']),
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: String(metadata.name),
  };
}

/** `apps`, or the empty string for core kinds. The version is left out wherever two ids are compared: `apps/v1` and `apps/v1beta1` are the same object. */
export const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

export const objectKey = (id: ObjectId): string => JSON.stringify([groupOf(id.apiVersion), id.kind, id.namespace ?? '', id.name]);

const CLUSTER_SCOPED = new Set([
  '/Namespace',
  '/Node',
  '/PersistentVolume',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'certificates.k8s.io/CertificateSigningRequest',
  'networking.k8s.io/IngressClass',
  'networking.k8s.io/IPAddress',
  'networking.k8s.io/ServiceCIDR',
  'node.k8s.io/RuntimeClass',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/CSINode',
  'storage.k8s.io/StorageClass',
  'storage.k8s.io/VolumeAttachment',
  'storage.k8s.io/VolumeAttributesClass',
  'flowcontrol.apiserver.k8s.io/FlowSchema',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
]);

/** Whether a kind lives in namespaces: known for Kubernetes' own groups, `unknown` for custom kinds. */
export function scopeOf(id: ObjectId): 'cluster' | 'namespaced' | 'unknown' {
  const group = groupOf(id.apiVersion);
  if (CLUSTER_SCOPED.has(`${group}/${id.kind}`)) return 'cluster';
  // Custom kinds also use subgroups of k8s.io (gateway.networking.k8s.io, snapshot.storage.k8s.io): only Kubernetes' own groups are known.
  const known = group === '' || !group.includes('.') || BUILT_IN_GROUPS.has(group);
  return known ? 'namespaced' : 'unknown';
}

const BUILT_IN_GROUPS = new Set([
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'networking.k8s.io',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
]);

/** The id with the namespace the object lands in when a layer of `namespace` applies it. */
export function landedId(id: ObjectId, namespace: string): ObjectId {
  const { namespace: explicit, ...rest } = id;
  return scopeOf(id) === 'cluster' ? rest : { ...rest, namespace: explicit ?? namespace };
}

/**
 * Whether two ids may be the same object. In doubt (a custom kind of which one side names no namespace) yes: a wrong yes leaves an object behind, a wrong no deletes
 * a live one.
 */
export function mayBeSame(a: { id: ObjectId; namespace: string }, b: { id: ObjectId; namespace: string }): boolean {
  if (objectKey(landedId(a.id, a.namespace)) === objectKey(landedId(b.id, b.namespace))) return true;
  const withoutNamespace = (id: ObjectId) => objectKey({ ...id, namespace: '' });
  const undecided = scopeOf(a.id) === 'unknown' && (a.id.namespace === undefined || b.id.namespace === undefined);
  return undecided && withoutNamespace(a.id) === withoutNamespace(b.id);
}
