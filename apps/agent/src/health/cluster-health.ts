import { withConditions, type Condition, type LayerFact } from '@slipway/model';
import type { NodeFact } from './node-fact.ts';

export interface CorePod {
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
}

export interface HealthInput {
  readonly nodes: readonly NodeFact[];
  readonly corePods: readonly CorePod[];
  readonly layers: readonly LayerFact[];
  /** RFC 3339 */
  readonly now: string;
  readonly before: readonly Condition[];
}

const listed = (items: readonly string[]): string =>
  `${items.slice(0, 3).join('; ')}${items.length > 3 ? ` (and ${items.length - 3} more)` : ''}`;

interface Finding {
  readonly type: string;
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

function nodesFinding(nodes: readonly NodeFact[]): Finding {
  const bad = nodes.filter((node) => !node.ready);
  if (nodes.length === 0) return { type: 'NodesReady', ok: false, reason: 'NoNodes', message: 'No node has joined yet.' };
  if (bad.length === 0) return { type: 'NodesReady', ok: true, reason: 'AllReady', message: '' };
  return { type: 'NodesReady', ok: false, reason: 'NodesNotReady', message: listed(bad.map((node) => `${node.name}: ${node.reason}`)) };
}

function podsFinding(pods: readonly CorePod[]): Finding {
  const bad = pods.filter((pod) => !pod.ready);
  if (bad.length === 0) return { type: 'CorePodsReady', ok: true, reason: 'AllReady', message: '' };
  return { type: 'CorePodsReady', ok: false, reason: 'PodsNotReady', message: listed(bad.map((pod) => `${pod.name}: ${pod.reason}`)) };
}

function layersFinding(layers: readonly LayerFact[]): Finding {
  const bad = layers.filter((layer) => layer.state !== 'Ready' && layer.state !== 'Removing');
  if (bad.length === 0) return { type: 'LayersReady', ok: true, reason: 'AllReady', message: '' };
  const failed = bad.some((layer) => layer.state === 'Failed' || layer.state === 'Degraded');
  const message = listed(bad.map((layer) => `${layer.name} is ${layer.state}${layer.message ? `: ${layer.message}` : ''}`));
  return { type: 'LayersReady', ok: false, reason: failed ? 'LayersFailed' : 'LayersInstalling', message };
}

/** The cluster's health as conditions, worst first in words. Pure. */
export function clusterHealth(input: HealthInput): { healthy: boolean; conditions: Condition[] } {
  const findings = [nodesFinding(input.nodes), podsFinding(input.corePods), layersFinding(input.layers)];
  const healthy = findings.every((finding) => finding.ok);
  const first = findings.find((finding) => !finding.ok);
  const all = [{ type: 'Ready', ok: healthy, reason: first?.reason ?? 'Healthy', message: first?.message ?? '' }, ...findings];
  const wanted = all.map(({ type, ok, reason, message }) => ({
    type,
    status: ok ? ('True' as const) : ('False' as const),
    reason,
    message,
  }));
  return { healthy, conditions: withConditions(input.before, wanted, { now: input.now }) };
}
