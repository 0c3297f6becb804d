import type { ClusterSpec, ProfileRef, SpecWrite } from '@slipway/model';
import { moveWrites, profileText, sameProfile } from '@slipway/model/browser';
import type { Cluster, Pool } from '../../hub/objects.ts';

/** One thing that somebody wants of a cluster, as the address has it: `move:tenant/starter@1.1.0`, `scale:dev-workers=3`. */
export type Change =
  | { readonly what: 'move'; readonly target: ProfileRef }
  | { readonly what: 'scale'; readonly pool: string; readonly replicas: number }
  | { readonly what: 'control-plane'; readonly replicas: 1 | 3 | 5 }
  | { readonly what: 'rollback'; readonly seq: number }
  | { readonly what: 'paused'; readonly paused: boolean }
  | { readonly what: 'drift'; readonly policy: ClusterSpec['drift'] };

export function changeText(change: Change): string {
  switch (change.what) {
    case 'move':
      return `move:${change.target.scope}/${change.target.name}@${change.target.version}`;
    case 'scale':
      return `scale:${change.pool}=${change.replicas}`;
    case 'control-plane':
      return `control-plane:${change.replicas}`;
    case 'rollback':
      return `rollback:${change.seq}`;
    case 'paused':
      return `paused:${change.paused}`;
    case 'drift':
      return `drift:${change.policy}`;
  }
}

const MOVE = /^move:(project|tenant|system)\/([^/@]+)@([^@]+)$/;
const ROLLBACK = /^rollback:(\d{1,15})$/;
const SCALE = /^scale:([^=]+)=(\d{1,6})$/;

/** Undefined when the address was mistyped. */
export function changeOf(text: string | undefined): Change | undefined {
  const [, scope, name, version] = MOVE.exec(text ?? '') ?? [];
  if (name !== undefined && version !== undefined) return { what: 'move', target: { scope: scope as ProfileRef['scope'], name, version } };
  const [, pool, replicas] = SCALE.exec(text ?? '') ?? [];
  if (pool !== undefined) return { what: 'scale', pool, replicas: Number(replicas) };
  const [, seq] = ROLLBACK.exec(text ?? '') ?? [];
  if (seq !== undefined) return { what: 'rollback', seq: Number(seq) };
  return SIMPLE.find((change) => changeText(change) === text);
}

const SIMPLE: readonly Change[] = [
  ...([1, 3, 5] as const).map((replicas): Change => ({ what: 'control-plane', replicas })),
  ...[true, false].map((paused): Change => ({ what: 'paused', paused })),
  ...(['heal', 'report'] as const).map((policy): Change => ({ what: 'drift', policy })),
];

/** As a heading and on the button that does it: verb and noun. */
export function changeWords(change: Change): string {
  switch (change.what) {
    case 'move':
      return `Move to ${profileText(change.target)}`;
    case 'scale':
      return `Scale pool ${change.pool} to ${change.replicas}`;
    case 'control-plane':
      return `Scale control plane to ${change.replicas}`;
    case 'rollback':
      return `Roll back to revision ${change.seq}`;
    case 'paused':
      return change.paused ? 'Pause cluster' : 'Resume cluster';
    case 'drift':
      return change.policy === 'heal' ? 'Heal drift' : 'Report drift only';
  }
}

/** What is written for it; undefined when it is about something that is not there, or is so already. A rollback needs the history, see rollback-review.tsx. */
export function writesOf(change: Exclude<Change, { what: 'rollback' }>, cluster: Cluster, pools: readonly Pool[]): SpecWrite[] | undefined {
  const { spec } = cluster;
  const write = (part: Partial<ClusterSpec>): SpecWrite[] => [{ kind: 'Cluster', object: cluster, spec: { ...spec, ...part } }];
  switch (change.what) {
    case 'move': {
      const now = [spec.profile, ...spec.addons].find((ref) => sameProfile(ref, change.target));
      return now === undefined || now.version === change.target.version ? undefined : moveWrites({ cluster, pools, target: change.target });
    }
    case 'scale': {
      const pool = pools.find(({ metadata }) => metadata.name === change.pool);
      if (pool === undefined || pool.spec.replicas === change.replicas) return undefined;
      return [{ kind: 'MachinePool', object: pool, spec: { ...pool.spec, replicas: change.replicas } }];
    }
    case 'control-plane':
      if (spec.controlPlane.replicas === change.replicas) return undefined;
      return write({ controlPlane: { ...spec.controlPlane, replicas: change.replicas } });
    case 'paused':
      return spec.paused === change.paused ? undefined : write({ paused: change.paused });
    case 'drift':
      return spec.drift === change.policy ? undefined : write({ drift: change.policy });
  }
}
