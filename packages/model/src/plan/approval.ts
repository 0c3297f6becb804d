import { canonicalJson, sha256Hex } from '@slipway/kit';
import { type ObjectId } from './cluster-plan.ts';
import { objectId, objectKey } from './object-id.ts';

/** What goes for good when these are deleted. */
export const HOLDS_DATA: ReadonlySet<string> = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StatefulSet',
  'Secret',
]);

/** As much of a layer as tells what is lost: of a plan that was published, or of a profile that was resolved. */
export interface ApprovalLayer {
  readonly name: string;
  readonly namespace: string;
  readonly content:
    | { readonly type: 'builtin' | 'chart' }
    | { readonly type: 'manifests'; readonly objects: readonly Readonly<Record<string, unknown>>[] };
}

export interface ApprovalState {
  readonly kubernetesVersion: string;
  readonly layers: readonly ApprovalLayer[];
}

/** What a change needs before anything of it is done. */
export interface Approval {
  /** What `spec.approvals` must hold. */
  readonly id: string;
  /** `repave: Kubernetes v1.35.4 → v1.36.3`, `data-loss: layer db is removed`; never empty. */
  readonly disruptions: readonly string[];
}

/**
 * The approval that a change of a cluster needs; undefined when nothing is repaved and nothing is lost. Its id is a hash of exactly what is replaced and lost, and of the
 * cluster, so that the dry run, the controllers and a rollout come to the same one, and no other change can use it.
 */
export function approvalFor(cluster: string, from: ApprovalState | undefined, to: ApprovalState): Approval | undefined {
  if (from === undefined) return undefined;
  const losses = from.layers.flatMap((layer) =>
    lossOf(
      layer,
      to.layers.find(({ name }) => name === layer.name),
    ),
  );
  const moves = from.kubernetesVersion !== to.kubernetesVersion;
  if (!moves && losses.length === 0) return undefined;
  const disruptions = [
    ...(moves ? [`repave: Kubernetes ${from.kubernetesVersion} → ${to.kubernetesVersion}`] : []),
    ...losses.map(({ layer, words }) => `data-loss: layer ${layer} ${words}`),
  ];
  const bound = [cluster, moves ? [from.kubernetesVersion, to.kubernetesVersion] : [], losses];
  return { id: `approve-${sha256Hex(canonicalJson(bound)).slice(0, 16)}`, disruptions };
}

interface Loss {
  readonly layer: string;
  readonly words: string;
  /** Keys of the objects that go, sorted; empty when the whole layer does. */
  readonly objects: readonly string[];
}

function lossOf(from: ApprovalLayer, to: ApprovalLayer | undefined): Loss[] {
  if (from.content.type === 'builtin') return [];
  const loss = (words: string, objects: readonly string[] = []): Loss[] => [{ layer: from.name, words, objects }];
  if (!to) return from.content.type === 'chart' || idsOf(from).some(({ kind }) => HOLDS_DATA.has(kind)) ? loss('is removed') : [];
  if (from.content.type !== to.content.type) return loss(`becomes ${to.content.type} instead of ${from.content.type}`);
  if (from.namespace !== to.namespace) return loss(`moves from namespace ${from.namespace} to ${to.namespace}`);
  const kept = new Set(idsOf(to).map(objectKey));
  const gone = idsOf(from).filter((id) => HOLDS_DATA.has(id.kind) && !kept.has(objectKey(id)));
  if (gone.length === 0) return [];
  const named = gone.map(({ kind, name }) => `${kind} ${name}`);
  const more = named.length > 5 ? ` and ${named.length - 5} more` : '';
  return loss(`loses ${named.slice(0, 5).join(', ')}${more}`, gone.map(objectKey).toSorted());
}

const idsOf = ({ content }: ApprovalLayer): ObjectId[] =>
  content.type === 'manifests' ? content.objects.map((object) => objectId(object)) : [];
