import { canonicalJson, sha256Hex } from '@slipway/kit';
import type { ResolvedLayer, ResolvedProfile } from '../cluster-profile/resolved.ts';
import type { MachinePoolSpec } from '../machine-pool/machine-pool.ts';
import { deepEqual } from '../meta/diff.ts';
import { maskedDiff } from '../meta/mask.ts';
import type { Values } from '../meta/merge-values.ts';
import type { ChangePlan, Impact, PlannedAction } from '../plan/change-plan.ts';
import type { ClusterSpec } from './cluster.ts';
import { type ApprovalState, approvalFor } from '../plan/approval.ts';
import { versionMove } from './kubernetes-version.ts';
import { changeLayer, createLayer, removeLayer } from './plan-layers.ts';
import { controlPlaneSettings, kubeletSettings } from './plan-settings.ts';

/** A machine pool as far as a change can be seen. */
export interface PictureOfPool extends Pick<MachinePoolSpec, 'replicas' | 'size' | 'labels' | 'taints'> {
  readonly name: string;
  /** Of its machines: the profile's settings with what the pool wants otherwise. */
  readonly kubelet?: Values | undefined;
}

/** One cluster with everything that makes it: what a plan compares. */
export interface ClusterPicture {
  readonly name: string;
  readonly spec: ClusterSpec;
  readonly pools: readonly PictureOfPool[];
  readonly profile: ResolvedProfile;
}

export interface ClusterChange {
  /** Undefined: the cluster goes. */
  readonly desired: ClusterPicture | undefined;
  /** Undefined: the cluster is new. */
  readonly current: ClusterPicture | undefined;
  /** What was published for the cluster last: what an approval is about. Undefined when nothing was. */
  readonly running?: (ApprovalState & { readonly clusterUid: string }) | undefined;
}

const IMPACTS: readonly Impact[] = ['none', 'restart', 'rolling', 'repave', 'data-loss'];

/**
 * What will happen when a cluster goes from `current` to `desired`, in the order it happens. Pure and deterministic; equal pictures give no actions.
 *
 * Impacts: `rolling` replaces the machines of one group one after another, `repave` replaces every machine of the cluster, `restart` moves or restarts pods.
 */
export function clusterChangePlan({ desired, current, running }: ClusterChange): ChangePlan {
  if (desired && current) {
    const approval = running && approvalFor(running.clusterUid, running, desired.profile);
    return { ...changePlan(desired.name, changes(desired, current)), ...(approval ? { approval } : {}) };
  }
  if (desired) return changePlan(desired.name, creation(desired));
  return current ? changePlan(current.name, [deletion(current)]) : changePlan('', []);
}

/** One plan out of several, for a file that holds more than one cluster. */
export function mergePlans(plans: readonly ChangePlan[]): ChangePlan {
  const [only, ...others] = plans;
  return only && others.length === 0
    ? only
    : changePlan(
        'everything',
        plans.flatMap((plan) => plan.actions),
      );
}

/** The plan made of these actions: its id is bound to them, its impact is the worst of theirs. */
export function changePlan(subject: string, actions: readonly PlannedAction[]): ChangePlan {
  const worst = Math.max(0, ...actions.map((action) => IMPACTS.indexOf(action.impact)));
  const impact = IMPACTS[worst] ?? 'none';
  const summary = actions.length === 0 ? 'Nothing changes.' : `${actions.map((action) => action.summary).join(' ')}`;
  return { id: sha256Hex(`[${JSON.stringify(subject)},[${actions.map(textOf).join(',')}]]`), actions, impact, summary };
}

const knownTexts = new WeakMap<PlannedAction, string>();

/** The canonical JSON of an action; clusters of a fleet share theirs. */
function textOf(action: PlannedAction): string {
  const text = knownTexts.get(action) ?? canonicalJson(action);
  knownTexts.set(action, text);
  return text;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function creation(to: ClusterPicture): PlannedAction[] {
  const { replicas } = to.spec.controlPlane;
  return [
    {
      verb: 'create',
      target: `cluster ${to.name}`,
      summary: `Create cluster ${to.name} with Kubernetes ${to.profile.kubernetesVersion} and ${plural(replicas, 'control-plane machine')}.`,
      impact: 'none',
      reason: 'Nothing is there yet.',
      diff: maskedDiff(undefined, { ...to.spec }, to.profile.secretValues),
    },
    ...to.pools.map((pool) => createPool(pool)),
    ...to.profile.layers.filter((layer) => layer.content.type !== 'builtin').map((layer) => createLayer(layer, to.profile)),
  ];
}

function deletion(from: ClusterPicture): PlannedAction {
  const machines = from.spec.controlPlane.replicas + from.pools.reduce((sum, pool) => sum + pool.replicas, 0);
  const layers = from.profile.layers.filter((layer) => layer.content.type !== 'builtin').map((layer) => layer.name);
  const going = [
    plural(machines, 'machine'),
    ...(from.pools.length > 0 ? [`the machine pools ${from.pools.map((pool) => pool.name).join(', ')}`] : []),
    ...(layers.length > 0 ? [`the layers ${layers.join(', ')}`] : []),
    'every workload and every volume on the machines',
  ];
  return {
    verb: 'delete',
    target: `cluster ${from.name}`,
    summary: `Delete cluster ${from.name}: ${going.join('; ')}.`,
    impact: 'data-loss',
    reason: `What runs and what is stored in the cluster is lost for good: ${going.join('; ')}.`,
    diff: [],
  };
}

function changes(to: ClusterPicture, from: ClusterPicture): PlannedAction[] {
  const upgrade = from.profile.kubernetesVersion !== to.profile.kubernetesVersion;
  return [
    ...controlPlane(to, from, upgrade),
    ...controlPlaneSettings(to, from),
    ...poolChanges(to, from, upgrade),
    ...layerChanges(to.profile, from.profile),
    ...settings(to, from),
  ];
}

function controlPlane(to: ClusterPicture, from: ClusterPicture, upgrade: boolean): PlannedAction[] {
  const actions: PlannedAction[] = [];
  const count = from.spec.controlPlane.replicas;
  const before = from.profile.kubernetesVersion;
  const after = to.profile.kubernetesVersion;
  if (upgrade) {
    const verb = versionMove(before, after).endsWith('down') ? 'change' : 'upgrade';
    actions.push({
      verb,
      target: 'control plane',
      summary: `Move the control plane from Kubernetes ${before} to ${after}: ${plural(count, 'machine')} replaced.`,
      impact: 'repave',
      reason: `Kubernetes ${before} → ${after} replaces every machine, one at a time, control plane first${count === 1 ? '; with one control-plane machine the API pauses for some seconds' : ''}.`,
      diff: [{ path: 'kubernetesVersion', from: before, to: after }],
    });
  }
  const resized = maskedDiff(from.spec.controlPlane.size, to.spec.controlPlane.size, []);
  if (resized.length > 0)
    actions.push(
      resize(
        'control plane',
        count,
        resized.map((diff) => ({ ...diff, path: `spec.controlPlane.size.${diff.path}` })),
      ),
    );
  if (to.spec.controlPlane.replicas !== count) actions.push(scale('control plane', count, to.spec.controlPlane.replicas));
  return actions;
}

function resize(target: string, count: number, diff: PlannedAction['diff']): PlannedAction {
  return {
    verb: 'replace',
    target,
    summary: `Replace ${plural(count, 'machine')} of ${target} by machines of the new size, one at a time.`,
    impact: count === 0 ? 'none' : 'rolling',
    reason: `A machine's size is fixed when it is made: ${plural(count, 'machine')} of ${target} ${count === 1 ? 'is' : 'are'} drained and replaced, one at a time; volumes on the machine itself are lost.`,
    diff,
  };
}

function scale(target: string, from: number, to: number): PlannedAction {
  const fewer = from - to;
  const diff = [{ path: target === 'control plane' ? 'spec.controlPlane.replicas' : 'spec.replicas', from, to }];
  if (fewer < 0) {
    const reason = 'Machines are added; nothing that runs is touched.';
    return {
      verb: 'scale',
      target,
      summary: `Scale ${target} up from ${from} to ${to}: ${plural(-fewer, 'machine')} added.`,
      impact: 'none',
      reason,
      diff,
    };
  }
  return {
    verb: 'scale',
    target,
    summary: `Scale ${target} down from ${from} to ${to}: ${plural(fewer, 'machine')} drained and removed.`,
    impact: 'restart',
    reason: `${plural(fewer, 'machine')} ${fewer === 1 ? 'is' : 'are'} drained and removed: pods there move to other machines${to === 0 ? ' or wait when there is none' : ''}; volumes on the removed ${fewer === 1 ? 'machine' : 'machines'} are lost.`,
    diff,
  };
}

function createPool(pool: PictureOfPool): PlannedAction {
  return {
    verb: 'create',
    target: `pool ${pool.name}`,
    summary: `Create machine pool ${pool.name} with ${plural(pool.replicas, 'machine')}.`,
    impact: 'none',
    reason: 'Machines are added; nothing that runs is touched.',
    diff: maskedDiff(undefined, { ...pool }, []),
  };
}

const byName = (a: PictureOfPool, b: PictureOfPool): number => (a.name < b.name ? -1 : 1);

function poolChanges(to: ClusterPicture, from: ClusterPicture, upgrade: boolean): PlannedAction[] {
  const kept = to.pools.toSorted(byName).flatMap((pool) => {
    const before = from.pools.find((candidate) => candidate.name === pool.name);
    return before ? changePool(pool, before, upgrade ? { from: from.profile, to: to.profile } : undefined) : [createPool(pool)];
  });
  const removed = from.pools.filter((pool) => !to.pools.some((candidate) => candidate.name === pool.name)).toSorted(byName);
  return [...kept, ...removed.map(removePool)];
}

function changePool(
  to: PictureOfPool,
  from: PictureOfPool,
  upgrade: { from: ResolvedProfile; to: ResolvedProfile } | undefined,
): PlannedAction[] {
  const target = `pool ${to.name}`;
  const actions: PlannedAction[] = [];
  if (upgrade && from.replicas > 0) {
    const [before, after] = [upgrade.from.kubernetesVersion, upgrade.to.kubernetesVersion];
    actions.push({
      verb: 'upgrade',
      target,
      summary: `Move ${target} from Kubernetes ${before} to ${after}: ${plural(from.replicas, 'machine')} replaced.`,
      impact: 'repave',
      reason: `Kubernetes ${before} → ${after} replaces every machine, one at a time, after the control plane; pods move, volumes on the machine itself are lost.`,
      diff: [{ path: 'kubernetesVersion', from: before, to: after }],
    });
  }
  actions.push(...kubeletSettings(to, from));
  const { replicas: _to, kubelet: _settingsTo, ...shapeTo } = to;
  const { replicas: _from, kubelet: _settingsFrom, ...shapeFrom } = from;
  const reshaped = maskedDiff(shapeFrom, shapeTo, []);
  if (reshaped.length > 0) actions.push(reshape(target, from.replicas, reshaped));
  if (to.replicas !== from.replicas) actions.push(scale(target, from.replicas, to.replicas));
  return actions;
}

function reshape(target: string, count: number, diff: PlannedAction['diff']): PlannedAction {
  const prefixed = diff.map((item) => ({ ...item, path: `spec.${item.path}` }));
  if (diff.some((item) => item.path.startsWith('size'))) return resize(target, count, prefixed);
  return {
    verb: 'replace',
    target,
    summary: `Give ${plural(count, 'machine')} of ${target} other labels or taints, one at a time.`,
    impact: count === 0 ? 'none' : 'rolling',
    reason: `Labels and taints are given when a machine joins: machines of ${target} may be drained and replaced, one at a time; volumes on them are lost.`,
    diff: prefixed,
  };
}

function removePool(pool: PictureOfPool): PlannedAction {
  return {
    verb: 'remove',
    target: `pool ${pool.name}`,
    summary: `Remove machine pool ${pool.name}: ${plural(pool.replicas, 'machine')} drained and removed.`,
    impact: pool.replicas === 0 ? 'none' : 'data-loss',
    reason: `${plural(pool.replicas, 'machine')} ${pool.replicas === 1 ? 'is' : 'are'} drained and removed: pods move to other pools or wait; volumes on the machines are lost.`,
    diff: [],
  };
}

/** The kubernetes layer's change is the upgrade of the machines, told as such. */
const told = (layer: ResolvedLayer): boolean => layer.type === 'kubernetes';

const named = (profile: ResolvedProfile, name: string): ResolvedLayer | undefined => profile.layers.find((layer) => layer.name === name);

/** Clusters of a fleet that give the same share one resolved profile, and so one answer. It lives as long as the two profiles. */
const knownChanges = new WeakMap<ResolvedProfile, WeakMap<ResolvedProfile, readonly PlannedAction[]>>();

function layerChanges(to: ResolvedProfile, from: ResolvedProfile): readonly PlannedAction[] {
  const known = knownChanges.get(to) ?? new WeakMap<ResolvedProfile, readonly PlannedAction[]>();
  const changes = known.get(from) ?? changesOfLayers(to, from);
  knownChanges.set(to, known.set(from, changes));
  return changes;
}

function changesOfLayers(to: ResolvedProfile, from: ResolvedProfile): PlannedAction[] {
  const secretValues = [...to.secretValues, ...from.secretValues];
  const kept = to.layers
    .filter((layer) => !told(layer))
    .flatMap((layer) => {
      const before = named(from, layer.name);
      return before ? changeLayer(layer, before, secretValues) : [createLayer(layer, to)];
    });
  const removed = from.layers.filter((layer) => !told(layer) && !named(to, layer.name)).toReversed();
  return [...kept, ...removed.map(removeLayer)];
}

const visible = ({ profile, addons, template, drift, driftIgnored, driftReverts, paused, ...told }: ClusterSpec) => ({
  profile,
  addons: Object.fromEntries(addons.map(({ scope, name, version }) => [`${scope}/${name}`, version])),
  template,
  drift,
  driftIgnored,
  driftReverts,
  paused,
  variables: told.variables,
  secretVariables: told.secretVariables,
  secretVariablesFrom: told.secretVariablesFrom,
});

function settings(to: ClusterPicture, from: ClusterPicture): PlannedAction[] {
  if (deepEqual(visible(to.spec), visible(from.spec))) return [];
  const diff = maskedDiff(visible(from.spec), visible(to.spec), [...to.profile.secretValues, ...from.profile.secretValues]);
  return [
    {
      verb: 'change',
      target: `cluster ${to.name}`,
      summary: `Change ${[...new Set(diff.map((item) => item.path.split(/[.[]/)[0]))].join(', ')} of cluster ${to.name}.`,
      impact: 'none',
      reason: 'The setting itself disturbs nothing; what follows from it is listed as its own actions.',
      diff: diff.map((item) => ({ ...item, path: `spec.${item.path}` })),
    },
  ];
}
