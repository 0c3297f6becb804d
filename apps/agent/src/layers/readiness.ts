import type { KubeObject } from '@slipway/kube';

/** Ready, or why not in words a person can act on. `failed`: will not become ready by waiting. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string; readonly failed?: boolean };

const READY: Readiness = { ready: true };
const not = (reason: string, failed = false): Readiness => ({ ready: false, reason, ...(failed ? { failed } : {}) });

interface RawCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const conditionOf = (object: KubeObject, type: string): RawCondition | undefined =>
  (object['status']?.conditions as RawCondition[] | undefined)?.find((condition) => condition.type === type);
const words = (condition: RawCondition | undefined, fallback: string): string => condition?.message || condition?.reason || fallback;

function deployment(object: KubeObject): Readiness {
  const status = object['status'] ?? {};
  const wanted: number = object['spec']?.replicas ?? 1;
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return not(words(progressing, 'the rollout exceeded its deadline'), true);
  const failure = conditionOf(object, 'ReplicaFailure');
  if (failure?.status === 'True') return not(words(failure, 'pods cannot be created'));
  if ((status.updatedReplicas ?? 0) < wanted) return not(`${status.updatedReplicas ?? 0} of ${wanted} pods updated`);
  if ((status.replicas ?? 0) > (status.updatedReplicas ?? 0))
    return not(`${status.replicas - status.updatedReplicas} old pods still there`);
  if ((status.availableReplicas ?? 0) < wanted) return not(`${status.availableReplicas ?? 0} of ${wanted} pods available`);
  return READY;
}

function statefulSet(object: KubeObject): Readiness {
  const status = object['status'] ?? {};
  const wanted: number = object['spec']?.replicas ?? 1;
  if ((status.readyReplicas ?? 0) < wanted) return not(`${status.readyReplicas ?? 0} of ${wanted} pods ready`);
  if (object['spec']?.updateStrategy?.type === 'OnDelete') return READY;
  const partition: number = object['spec']?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if ((status.updatedReplicas ?? 0) < wanted - partition)
    return not(`${status.updatedReplicas ?? 0} of ${wanted - partition} pods updated`);
  if (partition === 0 && status.currentRevision !== status.updateRevision) return not('waiting for the rollout to finish');
  return READY;
}

function daemonSet(object: KubeObject): Readiness {
  const status = object['status'] ?? {};
  if (status.desiredNumberScheduled === undefined) return not('not looked at by its controller yet');
  const wanted: number = status.desiredNumberScheduled;
  if (object['spec']?.updateStrategy?.type !== 'OnDelete' && (status.updatedNumberScheduled ?? 0) < wanted)
    return not(`${status.updatedNumberScheduled ?? 0} of ${wanted} pods updated`);
  if ((status.numberAvailable ?? 0) < wanted) return not(`${status.numberAvailable ?? 0} of ${wanted} pods available`);
  return READY;
}

function replicaSet(object: KubeObject): Readiness {
  const wanted: number = object['spec']?.replicas ?? 1;
  const available: number = object['status']?.availableReplicas ?? 0;
  return available < wanted ? not(`${available} of ${wanted} pods available`) : READY;
}

function job(object: KubeObject): Readiness {
  const failed = conditionOf(object, 'Failed');
  if (failed?.status === 'True') return not(words(failed, 'the job failed'), true);
  if (conditionOf(object, 'Complete')?.status === 'True') return READY;
  return not(
    object['spec']?.suspend ? 'suspended' : `${object['status']?.succeeded ?? 0} of ${object['spec']?.completions ?? 1} completions`,
  );
}

function pod(object: KubeObject): Readiness {
  const phase: string = object['status']?.phase ?? 'Pending';
  if (phase === 'Succeeded') return READY;
  if (phase === 'Failed') return not(object['status']?.message ?? 'failed', true);
  if (conditionOf(object, 'Ready')?.status === 'True') return READY;
  return not(podTrouble(object) ?? phase);
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number };
  };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly reason?: string } };
}

/** On the way, not in trouble. */
const passing: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function containerTrouble(container: ContainerStatus): string | undefined {
  const waiting = container.state?.waiting;
  if (waiting?.reason !== undefined && !passing.has(waiting.reason)) {
    const exit = container.lastState?.terminated;
    const after = exit === undefined ? '' : ` (last exit code ${exit.exitCode}${exit.reason ? `, ${exit.reason}` : ''})`;
    return `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}${after}`;
  }
  const ended = container.state?.terminated;
  return ended !== undefined && ended.exitCode !== 0 ? `container ${container.name} ended with exit code ${ended.exitCode}` : undefined;
}

/** What keeps a pod from being ready, from its containers and its scheduling: "ImagePullBackOff: Back-off pulling image …". */
export function podTrouble(object: KubeObject): string | undefined {
  const status = object['status'] ?? {};
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])] as ContainerStatus[];
  for (const container of containers) {
    const trouble = containerTrouble(container);
    if (trouble !== undefined) return trouble;
  }
  const scheduled = conditionOf(object, 'PodScheduled');
  if (scheduled?.status === 'False') return words(scheduled, 'not scheduled');
  const ready = conditionOf(object, 'Ready');
  return ready?.status === 'False' && ready.message ? ready.message : undefined;
}

function claim(object: KubeObject): Readiness {
  const phase: string = object['status']?.phase ?? 'Pending';
  // With WaitForFirstConsumer a claim stays Pending until a pod uses it: not a failure of the layer.
  return phase === 'Lost' ? not('the volume is lost', true) : READY;
}

function definition(object: KubeObject): Readiness {
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return not(words(names, 'its names are taken'), true);
  return conditionOf(object, 'Established')?.status === 'True' ? READY : not('not established yet');
}

function apiService(object: KubeObject): Readiness {
  const available = conditionOf(object, 'Available');
  return available?.status === 'True' ? READY : not(words(available, 'not available yet'));
}

function namespace(object: KubeObject): Readiness {
  return object['status']?.phase === 'Terminating' ? not('is being deleted') : READY;
}

const byGroupKind: Readonly<Record<string, (object: KubeObject) => Readiness>> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  '/Pod': pod,
  '/PersistentVolumeClaim': claim,
  '/Namespace': namespace,
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'apiregistration.k8s.io/APIService': apiService,
};

const builtIn = (group: string): boolean => group === '' || !group.includes('.') || group.endsWith('.k8s.io');

const groupKind = (object: Pick<KubeObject, 'apiVersion' | 'kind'>): { group: string; key: string } => {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/', 1)[0]! : '';
  return { group, key: `${group}/${object.kind}` };
};

/** Whether objects of this kind can be unready at all: the others are ready when they exist and are not asked for again. */
export function hasReadiness(object: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  const { group, key } = groupKind(object);
  return key in byGroupKind || !builtIn(group);
}

/** Custom resources follow kstatus: `Stalled`, `Reconciling`, then `Ready`; without any of these they are ready when they exist. */
function custom(object: KubeObject): Readiness {
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return not(words(stalled, 'stalled'), true);
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return not(words(reconciling, 'reconciling'));
  const ready = conditionOf(object, 'Ready');
  return ready !== undefined && ready.status !== 'True' ? not(words(ready, 'not ready')) : READY;
}

/**
 * Whether an object does what it is for, after the rules of kstatus (sigs.k8s.io/cli-utils). A status that was written for an older generation says
 * nothing about this one.
 */
export function readiness(object: KubeObject): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return not('is being deleted');
  const { group, key } = groupKind(object);
  const observed = object['status']?.observedGeneration as number | undefined;
  const generation = object.metadata.generation ?? 0;
  const workload = group === 'apps';
  if ((observed !== undefined || workload) && (observed ?? 0) < generation) return not('waiting for its controller to see the change');
  return (byGroupKind[key] ?? (builtIn(group) ? () => READY : custom))(object);
}
