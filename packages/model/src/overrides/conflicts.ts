import type { OverrideMerge } from './merge-stack.ts';
import type { Outcome } from './three-way.ts';

/** What nobody has decided yet, layer by layer. */
export const conflictsIn = (merges: readonly OverrideMerge[]): { readonly merge: OverrideMerge; readonly conflict: Outcome }[] =>
  merges.flatMap((merge) => merge.paths.flatMap((conflict) => (conflict.outcome === 'conflict' ? [{ merge, conflict }] : [])));

/** `db.replicas`, `dev-workers/kubernetes.kubelet.maxPods` of a pool: a conflict's name where several layers are told of at once. */
export const conflictName = ({ layer, pool }: Pick<OverrideMerge, 'layer' | 'pool'>, path: string): string =>
  `${pool === undefined ? '' : `${pool}/`}${layer}${path.startsWith('[') ? '' : '.'}${path}`;
