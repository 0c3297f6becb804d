import type { ProfileRef } from '../cluster-profile/profile-ref.ts';
import type { ClusterSpec } from '../cluster/cluster.ts';
import type { SpecWrite } from '../cluster/spec-write.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import { deepEqual } from '../meta/diff.ts';
import type { ApiObject } from '../meta/object.ts';
import { versionOf, withVersion } from '../rollout/target.ts';
import { answeredOverrides, type Answers, decisionsOf } from './answers.ts';
import type { OverrideMerge } from './merge-stack.ts';
import { mergesOfPool, movedOverrides } from './move.ts';

type Cluster = Pick<ApiObject<ClusterSpec>, 'metadata' | 'spec'>;
type Pool = Pick<ApiObject<MachinePoolSpec>, 'metadata' | 'spec'>;

/** The cluster's spec with that version; a profile that it does not have takes the place of its profile. */
export const movedSpec = (spec: ClusterSpec, target: ProfileRef): ClusterSpec =>
  versionOf(spec, target) === undefined ? { ...spec, profile: target } : withVersion(spec, target, target.version);

export interface ClusterMove {
  readonly cluster: Cluster;
  /** Of the cluster. */
  readonly pools: readonly Pool[];
  readonly target: ProfileRef;
  /** What the hub's plan says of the overrides. */
  readonly merges?: readonly OverrideMerge[];
  readonly answers?: Answers;
}

/** Everything that a move changes, as it is in the end: what its plan is asked about. */
export function moveWrites({ cluster, pools, target, merges = [], answers = new Map() }: ClusterMove): SpecWrite[] {
  const { spec } = cluster;
  const overrides = answeredOverrides(spec.overrides, merges, answers.get(''));
  return [
    { kind: 'Cluster', object: cluster, spec: { ...movedSpec(spec, target), overrides } },
    ...pools.flatMap((pool): SpecWrite[] => {
      const { name } = pool.metadata;
      const after = answeredOverrides(pool.spec.overrides, mergesOfPool(merges, name), answers.get(name));
      return deepEqual(after, pool.spec.overrides) ? [] : [{ kind: 'MachinePool', object: pool, spec: { ...pool.spec, overrides: after } }];
    }),
  ];
}

/**
 * The same, in the order in which it is written. Decisions about pools first: what is decided for a version holds from that version on, so it changes nothing before the cluster
 * moves. Other values of pools hold for any version, so they come last.
 */
export function moveSteps(move: ClusterMove): SpecWrite[] {
  const [moved, ...pools] = moveWrites(move) as [SpecWrite<ClusterSpec>, ...SpecWrite<MachinePoolSpec>[]];
  const decided = pools.map(({ object }): SpecWrite<MachinePoolSpec> => {
    const { name } = object.metadata;
    const decisions = decisionsOf(move.answers?.get(name) ?? {});
    const overrides = movedOverrides(object.spec.overrides, mergesOfPool(move.merges ?? [], name), decisions);
    return { kind: 'MachinePool', object, spec: { ...object.spec, overrides } };
  });
  const valued = pools.flatMap((last, index): SpecWrite[] => {
    const first = decided[index];
    return first === undefined || deepEqual(first.spec, last.spec) ? [] : [{ ...last, object: { ...last.object, spec: first.spec } }];
  });
  return [...decided.filter(({ object, spec }) => !deepEqual(object.spec, spec)), moved, ...valued] as SpecWrite[];
}
