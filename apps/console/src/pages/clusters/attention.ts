import { type ClusterTab, CLUSTER_TABS } from '../../paths.ts';
import type { Cluster } from '../../hub/objects.ts';
import { attentionOf, phaseOf } from './cluster-status.tsx';

/** Why a cluster needs somebody, and the one thing to do about it. */
export interface Attention {
  readonly cluster: Cluster;
  /** What clusters in the same need share: `NodesNotReady`. */
  readonly reason: string;
  /** Of this cluster, in the hub's words. */
  readonly why: string;
  /** Since when; RFC 3339. */
  readonly since: string | undefined;
}

interface Words {
  /** For one or many. */
  readonly title: string;
  readonly action: string;
  readonly tab: ClusterTab;
}

const driftTab = CLUSTER_TABS.find((tab) => (tab as string) === 'drift') ?? 'overview';

/** What needs somebody first, first: what is broken, then what is asked, then what only differs. */
const WORDS: Readonly<Record<string, Words>> = {
  ProvisioningFailed: { title: 'Could not be made', action: 'See what failed', tab: 'overview' },
  ProfileInvalid: { title: 'Profile cannot be resolved', action: 'See the layers', tab: 'layers' },
  RenderFailed: { title: 'Could not be described to the cloud', action: 'See what failed', tab: 'overview' },
  LayerFailed: { title: 'A layer failed', action: 'See the layers', tab: 'layers' },
  NodesNotReady: { title: 'Nodes are not ready', action: 'See the nodes', tab: 'nodes' },
  AgentUnreachable: { title: 'Out of reach: the agent is silent', action: 'See the last events', tab: 'events' },
  GatewayUnreachable: { title: 'Out of reach: the gateway is not connected', action: 'See the last events', tab: 'events' },
  ApprovalNeeded: { title: 'Waits for an approval', action: 'Review the change', tab: 'plan' },
  Drift: { title: 'Differs from what was applied', action: 'See what differs', tab: driftTab },
};
const OTHER: Words = { title: 'Runs with problems', action: 'See what is wrong', tab: 'overview' };
const ORDER = Object.keys(WORDS);

export const attentionWords = (reason: string): Words => WORDS[reason] ?? OTHER;

/** Undefined when nobody need look. */
export function attention(cluster: Cluster): Attention | undefined {
  const why = attentionOf(cluster);
  if (why === undefined) return undefined;
  const { status } = cluster;
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  const broken = ['Failed', 'Degraded', 'Unknown'].includes(phaseOf(cluster));
  if (status?.approval !== undefined)
    return { cluster, reason: 'ApprovalNeeded', why: status.approval.disruptions.join('; '), since: ready?.lastTransitionTime };
  if (broken) return { cluster, reason: ready?.reason ?? phaseOf(cluster), why, since: ready?.lastTransitionTime };
  const first = (status?.drift ?? [])
    .filter(({ state }) => state === 'Open')
    .map(({ detectedAt }) => detectedAt)
    .toSorted()[0];
  return { cluster, reason: 'Drift', why, since: first };
}

export interface AttentionGroup {
  readonly reason: string;
  /** The oldest first. */
  readonly members: readonly Attention[];
}

const rank = (reason: string): number => (ORDER.includes(reason) ? ORDER.indexOf(reason) : 5.5);

/** What needs somebody, by reason: forty clusters behind one gateway are one thing to do. */
export function attentionGroups(clusters: readonly Cluster[]): AttentionGroup[] {
  const groups = new Map<string, Attention[]>();
  for (const cluster of clusters) {
    const found = attention(cluster);
    if (found === undefined) continue;
    const group = groups.get(found.reason) ?? [];
    group.push(found);
    groups.set(found.reason, group);
  }
  return [...groups]
    .map(([reason, members]) => ({ reason, members: members.toSorted((a, b) => (a.since ?? '').localeCompare(b.since ?? '')) }))
    .toSorted((a, b) => rank(a.reason) - rank(b.reason));
}
