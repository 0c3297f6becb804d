import type { KubeObject } from '@slipway/kube';
import { covers, type FieldSet } from '../drift/field-set.ts';
import { FIELD_MANAGER, LAYER_LABEL, objectKey } from '../layers/object-id.ts';

/** Whose removal asks. */
export interface Claimant {
  readonly layer: string;
  /** The Helm release of the layer, if it is a chart. */
  readonly release?: { readonly name: string; readonly namespace: string } | undefined;
  /** Keys of what the layer made: what one of these owns goes with it. */
  readonly made: ReadonlySet<string>;
}

export const HELM_KEEP = 'helm.sh/resource-policy';
const HELM_RELEASE = 'meta.helm.sh/release-name';
const HELM_NAMESPACE = 'meta.helm.sh/release-namespace';

/** By these other programs know their own. `managed-by` is set by many, on behalf of whoever applied it. */
const MARKS: readonly { readonly in: 'labels' | 'annotations'; readonly key: string; readonly owner: string }[] = [
  { in: 'annotations', key: 'argocd.argoproj.io/tracking-id', owner: 'Argo CD' },
  { in: 'labels', key: 'argocd.argoproj.io/instance', owner: 'Argo CD' },
  { in: 'labels', key: 'kustomize.toolkit.fluxcd.io/name', owner: 'Flux' },
  { in: 'labels', key: 'helm.toolkit.fluxcd.io/name', owner: 'Flux' },
  { in: 'labels', key: 'kapp.k14s.io/app', owner: 'kapp' },
  { in: 'labels', key: 'applyset.kubernetes.io/part-of', owner: 'a kubectl apply set' },
  { in: 'labels', key: 'objectset.rio.cattle.io/hash', owner: 'Fleet' },
  { in: 'labels', key: 'app.kubernetes.io/managed-by', owner: 'the program of its managed-by label' },
];

/** What the agent and its helm write. */
const OWN: ReadonlySet<string> = new Set([FIELD_MANAGER, 'helm']);

/**
 * Why an object that a layer made must stay although the layer goes, as a clause after the object's name: somebody else has taken it over, or it asks to be kept.
 * Undefined when it may go. Pure.
 */
export function claimOn(object: KubeObject, by: Claimant): string | undefined {
  const { labels = {}, annotations = {}, ownerReferences = [] } = object.metadata;
  if (annotations[HELM_KEEP]?.trim().toLowerCase() === 'keep') return `asks to be kept (annotation ${HELM_KEEP}: keep)`;
  const release = otherRelease(annotations, by);
  if (release !== undefined) return `belongs to Helm release ${release}`;
  const layer = labels[LAYER_LABEL];
  if (layer !== undefined && layer !== by.layer) return `belongs to layer ${layer}`;
  const owner = ownerReferences.find((candidate) => !madeByLayer(candidate, object.metadata.namespace, by));
  if (owner !== undefined) return `is owned by ${owner.kind} ${owner.name}`;
  const mark = MARKS.find(
    ({ in: where, key }) => (where === 'labels' ? labels : annotations)[key] !== undefined && setByOthers(object, where, key),
  );
  if (mark === undefined) return undefined;
  const value = (mark.in === 'labels' ? labels : annotations)[mark.key];
  return `belongs to ${mark.owner} (${mark.key}: ${value})`;
}

function otherRelease(annotations: Readonly<Record<string, string>>, { release }: Claimant): string | undefined {
  const name = annotations[HELM_RELEASE];
  if (name === undefined) return undefined;
  const namespace = annotations[HELM_NAMESPACE] ?? '';
  if (release !== undefined && release.name === name && (namespace === '' || release.namespace === namespace)) return undefined;
  return namespace === '' ? name : `${name} in namespace ${namespace}`;
}

const madeByLayer = (
  owner: { apiVersion: string; kind: string; name: string },
  namespace: string | undefined,
  { made }: Claimant,
): boolean => {
  const { apiVersion, kind, name } = owner;
  return (
    made.has(objectKey({ apiVersion, kind, name })) ||
    (namespace !== undefined && made.has(objectKey({ apiVersion, kind, name, namespace })))
  );
};

/** A layer's own manifest may carry any label, that of another tool as well: then it says nothing. */
function setByOthers(object: KubeObject, where: 'labels' | 'annotations', key: string): boolean {
  const path = ['f:metadata', `f:${where}`, `f:${key}`];
  const owners = (object.metadata.managedFields ?? []).filter(({ fieldsV1 }) => covers(fieldsV1 as FieldSet | undefined, path));
  return !owners.some(({ manager = '' }) => OWN.has(manager));
}
