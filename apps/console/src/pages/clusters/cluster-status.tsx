import type { ClusterPhase, Impact } from '@slipway/model';
import { IMPACT_WORDS, PHASE_WORDS } from '@slipway/model/browser';
import { Ago, localTimes, Status, type Tone } from '@slipway/ui';
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  CircleX,
  Clock,
  Hammer,
  type LucideIcon,
  RefreshCw,
  RotateCw,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import type { Cluster } from '../../hub/objects.ts';

interface Look {
  readonly icon: LucideIcon;
  readonly tone: Tone;
}

const PHASES: Readonly<Record<ClusterPhase, Look>> = {
  Failed: { icon: CircleX, tone: 'bad' },
  Degraded: { icon: TriangleAlert, tone: 'warn' },
  Unknown: { icon: CircleHelp, tone: 'warn' },
  Pending: { icon: Clock, tone: 'quiet' },
  Provisioning: { icon: Hammer, tone: 'busy' },
  Updating: { icon: RefreshCw, tone: 'busy' },
  Deleting: { icon: Trash2, tone: 'quiet' },
  Paused: { icon: CirclePause, tone: 'quiet' },
  Running: { icon: CircleCheck, tone: 'ok' },
};

/** What needs somebody first, first. */
export const PHASE_ORDER = Object.keys(PHASES) as ClusterPhase[];

export const phaseOf = ({ status }: Cluster): ClusterPhase => status?.phase ?? 'Pending';

export function Phase({ phase }: { readonly phase: ClusterPhase }) {
  return <Status {...PHASES[phase]} word={phase} title={PHASE_WORDS[phase]} />;
}

/** Why it is so, and since when: the same sentence in the list, on the page, in the command line and in the API. */
export function PhaseReason({ cluster: { status } }: { readonly cluster: Cluster }) {
  if (status === undefined) return null;
  return (
    <>
      {status.phaseSince !== undefined && (
        <>
          <Ago time={status.phaseSince} />
          {status.message === '' ? '' : ' · '}
        </>
      )}
      {localTimes(status.message)}
    </>
  );
}

const LAYERS: Readonly<Record<string, Look>> = {
  Ready: { icon: CircleCheck, tone: 'ok' },
  Installing: { icon: Hammer, tone: 'busy' },
  Waiting: { icon: Clock, tone: 'quiet' },
  Removing: { icon: Trash2, tone: 'quiet' },
  Degraded: { icon: TriangleAlert, tone: 'warn' },
  Failed: { icon: CircleX, tone: 'bad' },
};

export const LayerState = ({ state }: { readonly state: string }) => (
  <Status {...(LAYERS[state] ?? { icon: CircleDashed, tone: 'quiet' })} word={state} />
);

const IMPACTS: Readonly<Record<Impact, Look>> = {
  none: { icon: CircleCheck, tone: 'ok' },
  restart: { icon: RotateCw, tone: 'busy' },
  rolling: { icon: RefreshCw, tone: 'busy' },
  repave: { icon: TriangleAlert, tone: 'warn' },
  'data-loss': { icon: CircleAlert, tone: 'bad' },
};

export const ImpactMark = ({ impact }: { readonly impact: Impact }) => <Status {...IMPACTS[impact]} word={IMPACT_WORDS[impact]} />;

/** Why somebody should look at a cluster now; undefined when nobody need. */
export function attentionOf(cluster: Cluster): string | undefined {
  const { status } = cluster;
  if (status?.approval !== undefined) return 'Waits for an approval';
  const phase = phaseOf(cluster);
  if (phase === 'Failed' || phase === 'Degraded' || phase === 'Unknown') return status?.message || PHASE_WORDS[phase];
  const open = (status?.drift ?? []).filter(({ state }) => state === 'Open').length;
  return open === 0 ? undefined : `${open} ${open === 1 ? 'object differs' : 'objects differ'} from what was applied`;
}
