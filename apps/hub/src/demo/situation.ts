import type { DriftFact, PendingApproval } from '@slipway/model';

/** How it is with a made-up cluster: what its gateway and its agent would report. What its spec says (paused) and its metadata (deleted) is not repeated here. */
export type Situation =
  | { readonly is: 'well' }
  | { readonly is: 'drifted'; readonly drift: readonly DriftFact[] }
  | { readonly is: 'layer-failed'; readonly layer: string; readonly message: string }
  | { readonly is: 'node-down'; readonly node: number }
  | { readonly is: 'agent-away'; readonly since: string }
  | { readonly is: 'not-made'; readonly message: string }
  /** Being made; `done` of what there is to do, from 0 to 1. */
  | { readonly is: 'making'; readonly done: number }
  /** Machines move to another Kubernetes. */
  | { readonly is: 'updating'; readonly from: string; readonly done: number }
  | { readonly is: 'asking'; readonly pending: PendingApproval };

export const WELL: Situation = { is: 'well' };
