import type { Impact } from '../plan/change-plan.ts';
import type { ClusterPhase } from './cluster.ts';

/** Words for phases: the same in the console and the CLI. */
export const PHASE_WORDS: Readonly<Record<ClusterPhase, string>> = {
  Pending: 'waiting to start',
  Provisioning: 'being made',
  Running: 'running',
  Updating: 'being changed',
  Degraded: 'running with problems',
  Failed: 'failed',
  Deleting: 'being deleted',
  Paused: 'paused',
  Unknown: 'out of reach',
};

export const IMPACT_WORDS: Readonly<Record<Impact, string>> = {
  none: 'disturbs nothing',
  restart: 'restarts pods',
  rolling: 'replaces machines one after another',
  repave: 'replaces every machine',
  'data-loss': 'loses data',
};
