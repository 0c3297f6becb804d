import { approvalFor, type DriftFact, type PendingApproval, type ResolvedProfile } from '@slipway/model';
import { DRIFTED } from './catalogue.ts';
import type { Chance } from './chance.ts';
import { type Situation, WELL } from './situation.ts';

const REASONS: readonly (readonly [layer: string, message: string])[] = [
  ['monitoring', 'timed out waiting for Deployment monitoring/prometheus: 0 of 1 pods are available (ImagePullBackOff)'],
  ['database', 'Secret database/database-auth does not exist: PostgreSQL waits for its passwords'],
  ['ingress', 'DaemonSet ingress/ingress: port 443 is taken on 1 of its nodes'],
  ['storage', 'no space left on device while pulling local-path-provisioner'],
];

/** What befalls clusters that run, and how often beside each other. */
const TROUBLES = [
  ['drifted', 50],
  ['node-down', 24],
  ['agent-away', 14],
  ['layer-failed', 12],
] as const;

/** Something that happens to a cluster with these layers. */
export function trouble(chance: Chance, layers: readonly string[], now: string): Situation {
  switch (chance.weighted(TROUBLES)) {
    case 'drifted':
      return drift(chance, layers, now);
    case 'node-down':
      return { is: 'node-down', node: chance.between(0, 9) };
    case 'agent-away':
      return { is: 'agent-away', since: new Date(Date.parse(now) - 60_000).toISOString() };
    case 'layer-failed': {
      const possible = REASONS.filter(([layer]) => layers.includes(layer));
      if (possible.length === 0) return WELL;
      const [layer, message] = chance.pick(possible);
      return { is: 'layer-failed', layer, message };
    }
  }
}

function drift(chance: Chance, layers: readonly string[], now: string): Situation {
  const possible = DRIFTED.filter(({ layer }) => layers.includes(layer));
  if (possible.length === 0) return WELL;
  const first = chance.between(0, possible.length - 1);
  const count = Math.min(
    possible.length,
    chance.weighted([
      [1, 6],
      [2, 3],
      [3, 1],
    ]),
  );
  const found = Array.from({ length: count }, (_none, index): DriftFact => {
    const { layer, path, wanted, live, ...object } = possible[(first + index) % possible.length]!;
    const { namespace, ...id } = object;
    return {
      layer,
      object: namespace === '' ? id : { ...id, namespace },
      type: 'Changed',
      policy: 'report',
      state: 'Open',
      detectedAt: now,
      diff: [{ path, wanted, live }],
      manager: chance.pick(['kubectl-edit', 'kubectl-patch', 'helm']),
    };
  });
  return { is: 'drifted', drift: found };
}

/** What a move to another Kubernetes asks for, as the hub's own rules have it; undefined when it needs nothing or has it. */
export function asked(uid: string, from: string, to: ResolvedProfile, has: readonly string[]): PendingApproval | undefined {
  const before = { kubernetesVersion: from, layers: to.layers };
  const approval = approvalFor(uid, before, to);
  if (approval === undefined || has.includes(approval.id)) return undefined;
  return { ...approval, kubernetesVersion: from, settings: {}, profileVersion: to.version };
}
