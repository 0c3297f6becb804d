import type { WantedCondition } from '../meta/conditions.ts';
import type { RegistrySpec, RegistryStatus } from './registry.ts';

/** Set by whoever wants a sync now: a moment. Compared with the last attempt, so that it is done once, whoever restarts. */
export const SYNC_REQUESTED = 'slipway.dev/sync-requested';

/** Between two syncs of one registry, however often somebody asks. */
export const SYNC_PAUSE_MS = 10_000;
const FIRST_RETRY_MS = 30_000;
const MINUTE_MS = 60_000;

export interface SyncInput {
  readonly spec: RegistrySpec;
  readonly status: RegistryStatus | undefined;
  readonly generation: number;
  /** Of the annotation. */
  readonly requested: string | undefined;
  readonly now: number;
}

/** What comes with the hub changes with the hub only, and is read often because it costs little. */
export const intervalOf = (spec: RegistrySpec): number => ('sync' in spec ? spec.sync.intervalMinutes : 60) * MINUTE_MS;
export const isPaused = (spec: RegistrySpec): boolean => 'sync' in spec && spec.sync.paused;

/** In how many milliseconds the next sync is due; 0 is now, `undefined` never by itself. */
export function syncDueIn({ spec, status, generation, requested, now }: SyncInput): number | undefined {
  const last = Date.parse(status?.lastAttempt ?? '');
  if (Number.isNaN(last)) return isPaused(spec) && requested === undefined ? undefined : 0;
  const asked = requested !== undefined && Date.parse(requested) > last;
  const changed = status?.observedGeneration !== generation;
  const pause = Math.max(0, last + SYNC_PAUSE_MS - now);
  if (asked) return pause;
  if (isPaused(spec)) return undefined;
  if (changed) return pause;
  return Math.max(0, Date.parse(nextSyncAt(spec, status, last)) - now);
}

/** After failures sooner than usual, then ever later, and never later than usual. */
export function nextSyncAt(spec: RegistrySpec, status: Pick<RegistryStatus, 'failures'> | undefined, last: number): string {
  const failures = status?.failures ?? 0;
  const usual = intervalOf(spec);
  const wait = failures === 0 ? usual : Math.min(usual, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));
  return new Date(last + wait).toISOString();
}

/** How a sync ended. */
export type SyncOutcome =
  | {
      readonly ok: true;
      readonly packs: number;
      readonly versions: number;
      readonly revision: string | undefined;
      readonly remarks: readonly string[];
      /** `web 1.0.0` */
      readonly moved: readonly string[];
      readonly unsigned: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly refused: boolean };

const some = (items: readonly string[]): string =>
  `${items.slice(0, 5).join(', ')}${items.length > 5 ? ` and ${items.length - 5} more` : ''}`;

/** The conditions of a registry after a sync. */
export function registryConditions(spec: RegistrySpec, outcome: SyncOutcome): WantedCondition[] {
  if (!outcome.ok) {
    const { message } = outcome;
    return [
      { type: 'Ready', status: 'False', reason: outcome.refused ? 'Refused' : 'Unreachable', message },
      { type: 'Synced', status: 'False', reason: 'SyncFailed', message: 'The catalogue is as it was at the last sync that worked.' },
    ];
  }
  const { packs, versions, remarks, moved, unsigned } = outcome;
  const seen = `${packs} packs, ${versions} versions`;
  return [
    { type: 'Ready', status: 'True', reason: 'Reachable', message: '' },
    {
      type: 'Synced',
      status: 'True',
      reason: remarks.length === 0 ? 'Synced' : 'SyncedInPart',
      message: remarks.length === 0 ? `${seen}.` : `${seen}; not read: ${some(remarks)}.`,
    },
    moved.length === 0
      ? { type: 'Unchanged', status: 'True', reason: 'AsFirstSeen', message: '' }
      : {
          type: 'Unchanged',
          status: 'False',
          reason: 'VersionsMoved',
          message: `Published versions were replaced: ${some(moved)}. Their first content is what is used.`,
        },
    ...verifiedCondition(spec, unsigned),
  ];
}

function verifiedCondition(spec: RegistrySpec, unsigned: readonly string[]): WantedCondition[] {
  if (!('verify' in spec) || spec.verify.policy === 'off') return [];
  if (unsigned.length === 0)
    return [{ type: 'Verified', status: 'True', reason: 'Signed', message: 'Every version is signed by a key of the registry.' }];
  const use = spec.verify.policy === 'require' ? 'They cannot be used.' : 'They are used all the same.';
  return [
    { type: 'Verified', status: 'False', reason: 'Unsigned', message: `Not signed by a key of the registry: ${some(unsigned)}. ${use}` },
  ];
}
