import { maskedDiff } from '../meta/mask.ts';
import type { Values } from '../meta/merge-values.ts';
import type { PlannedAction } from '../plan/change-plan.ts';
import { settingsOf } from './machine-settings.ts';
import type { ClusterPicture, PictureOfPool } from './plan.ts';

/** Settings are given to a machine when it is made, so another one takes its place: said for the control plane here, and for each pool. */
export function controlPlaneSettings(to: ClusterPicture, from: ClusterPicture): PlannedAction[] {
  return otherSettings('control plane', from.spec.controlPlane.replicas, settingsOf(from.profile), settingsOf(to.profile));
}

export const kubeletSettings = (to: PictureOfPool, from: PictureOfPool): PlannedAction[] =>
  otherSettings(`pool ${to.name}`, from.replicas, { kubelet: from.kubelet ?? {} }, { kubelet: to.kubelet ?? {} });

function otherSettings(target: string, count: number, from: Values, to: Values): PlannedAction[] {
  const diff = maskedDiff(from, to);
  if (diff.length === 0) return [];
  const machines = `${count} machine${count === 1 ? '' : 's'}`;
  return [
    {
      verb: 'replace',
      target,
      summary: `Replace ${machines} of ${target} by machines with the other settings, one at a time.`,
      impact: count === 0 ? 'none' : 'rolling',
      reason: `Kubernetes' settings are given to a machine when it is made: ${machines} of ${target} ${count === 1 ? 'is' : 'are'} drained and replaced, one at a time; volumes on the machine itself are lost.`,
      diff,
    },
  ];
}
