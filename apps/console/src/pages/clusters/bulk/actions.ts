import type { Cluster } from '../../../hub/objects.ts';

export type BulkAction = 'pause' | 'resume' | 'delete';

interface BulkWords {
  readonly button: string;
  /** With a number and a noun behind it. */
  readonly title: string;
  readonly done: string;
  readonly consequence: string;
}

export const BULK_WORDS: Readonly<Record<BulkAction, BulkWords>> = {
  pause: {
    button: 'Pause',
    title: 'Pause',
    done: 'paused',
    consequence: 'Slipway changes nothing in them until they are resumed. What runs there is untouched.',
  },
  resume: { button: 'Resume', title: 'Resume', done: 'resumed', consequence: 'Changes that were declared meanwhile begin at once.' },
  delete: {
    button: 'Delete',
    title: 'Delete',
    done: 'being deleted',
    consequence:
      'Machines, volumes and networks that Slipway made for them go, with everything that runs on them. Profiles, accounts, backups elsewhere and what was made outside of Slipway stay.',
  },
};

/** Why a cluster is left out of an action; undefined when it takes part. */
export function leftOut(action: BulkAction, { metadata, spec }: Cluster): string | undefined {
  if (metadata.deletionTimestamp) return 'It is being deleted already.';
  if (action === 'pause' && spec.paused) return 'It is paused already.';
  if (action === 'resume' && !spec.paused) return 'It is not paused.';
  return undefined;
}

/** What must be typed before clusters are deleted: the name of one, or how many. */
export const confirmation = (clusters: readonly Cluster[]): string =>
  clusters.length === 1 ? (clusters[0]?.metadata.name ?? '') : `delete ${clusters.length} clusters`;
