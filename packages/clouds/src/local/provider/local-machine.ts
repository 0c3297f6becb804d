import { messageOf, seconds, SlipwayError } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { Machine, MachineSpec } from '@slipway/machines';
import type { Outcome } from '@slipway/runtime';
import { CLUSTER_NAME_LABEL, CLUSTER_UID_LABEL, CONTROL_PLANE_LABEL, MACHINE, POOL_LABEL } from '../names.ts';
import type { Bootstrap } from './bootstrap.ts';
import { parseBootstrapData } from './cloud-config.ts';
import { condition, findCondition, type NewCondition } from './conditions.ts';
import { importOtherVersions } from './other-versions.ts';
import { clusterId } from './local-cluster.ts';
import { FINALIZER, isPaused, type LocalProviderDeps, ownerOf, pausedCondition, type ProviderView, type Writer } from './scope.ts';
import type { ToolchainWatch } from './toolchain-watch.ts';

const BOOTSTRAP_POLL_MS = seconds(2);
const RESYNC_MS = seconds(60);
/** A crashed machine that nobody replaced in this time is started again: its health check may have been told to hold off. */
const UNREPLACED_MS = seconds(90);

export interface MachineContext {
  readonly deps: LocalProviderDeps;
  readonly view: ProviderView;
  readonly write: Writer;
  readonly toolchain: ToolchainWatch;
  readonly bootstrap: Bootstrap;
  /** Machines this process has seen running: only their crash is news. */
  readonly seenRunning: Set<string>;
  /** `<machine>/<version>` whose images are in a machine of another version. */
  readonly imported: Set<string>;
}

export interface Scope {
  readonly object: KubeObject;
  readonly owner: KubeObject;
  readonly cluster: KubeObject;
}

/** One look at one LocalMachine. */
export async function reconcileLocalMachine(
  context: MachineContext,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const object = context.view.localMachine(namespace, name);
  if (object === undefined) return {};
  const owner = context.view.machine(namespace, ownerOf(object, 'Machine') ?? '');
  const cluster = context.view.cluster(namespace, object.metadata.labels?.[CLUSTER_NAME_LABEL] ?? '');
  if (isPaused(object, cluster)) {
    await context.write.status(object, {}, [pausedCondition(true)]);
    return {};
  }
  if (object.metadata.deletionTimestamp !== undefined) return deleteLocalMachine(context, object);
  if (owner === undefined || cluster === undefined) return {};
  return provision(context, { object: await context.write.addFinalizer(object), owner, cluster }, signal);
}

async function provision(context: MachineContext, found: Scope, signal: AbortSignal): Promise<Outcome> {
  let scope = found;
  const waiting = waitsFor(context, scope);
  // Unknown, not False: the health check replaces machines whose infrastructure is False.
  if (waiting !== undefined) {
    await context.write.status(scope.object, {}, [condition('Ready', 'Unknown', waiting.reason, waiting.message), pausedCondition(false)]);
    return {};
  }
  const { deps } = context;
  const name = scope.object.metadata.name;
  let machine: Machine;
  // Said before it is done: while there is no Ready condition Cluster API takes it for False, and the health check would not wait long.
  if (findCondition(scope.object, 'Ready')?.status === undefined) {
    const object = await context.write.status(scope.object, {}, [condition('Ready', 'Unknown', 'CreatingMachine', `machine ${name}`)]);
    scope = { ...scope, object };
  }
  try {
    machine = await deps.machines.create(machineSpec(scope), signal);
    assertOurs(machine, scope.object);
    if (machine.state !== 'Running') {
      const crash = await handleStopped(context, scope, machine);
      if (crash !== undefined) return crash;
      machine = (await deps.machines.get(name)) ?? machine;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    await context.write.status(scope.object, {}, [
      // Unknown: a driver that stumbles is no reason to replace machines.
      condition('Ready', 'Unknown', 'MachineNotStarted', messageOf(error)),
      pausedCondition(false),
    ]);
    throw error;
  }
  context.seenRunning.add(name);
  // The machine is made before its bootstrap data is there, which for a worker of a new cluster takes as long as kubeadm init; it is not
  // announced before, so to Cluster API this looks like any cloud.
  if (!scope.owner['spec']?.bootstrap?.dataSecretName && scope.object['status']?.initialization?.provisioned !== true) {
    await nudgeBootstrap(context, scope);
    await context.write.status(scope.object, {}, [
      condition('Ready', 'Unknown', 'WaitingForBootstrapData', 'Cluster API has not written the bootstrap data yet.'),
      pausedCondition(false),
    ]);
    return {};
  }
  return bootstrap(context, { ...scope, object: await announce(context, scope, machine) }, machine, signal);
}

const SEEN_ANNOTATION = 'slipway.dev/control-plane-initialized';

/**
 * Cluster API's bootstrap provider does not watch for the control plane to be initialised: when it looks a moment too early it looks again after 30 s. A change
 * of the Machine makes it look.
 */
async function nudgeBootstrap(context: MachineContext, { owner, cluster }: Scope): Promise<void> {
  if (cluster['status']?.initialization?.controlPlaneInitialized !== true || owner.metadata.annotations?.[SEEN_ANNOTATION] !== undefined)
    return;
  const ref = { ...MACHINE, namespace: owner.metadata.namespace, name: owner.metadata.name };
  await context.deps.kube.patch(ref, { metadata: { annotations: { [SEEN_ANNOTATION]: 'true' } } });
}

/** What has to happen elsewhere before the machine can be made. */
function waitsFor(context: MachineContext, { object, owner, cluster }: Scope): { reason: string; message: string } | undefined {
  if (object['status']?.initialization?.provisioned === true) return undefined;
  if (cluster['status']?.initialization?.infrastructureProvisioned !== true)
    return { reason: 'WaitingForClusterInfrastructure', message: `The load balancer of cluster ${cluster.metadata.name} is not ready.` };
  const version: string | undefined = owner['spec']?.version;
  if (version === undefined) return { reason: 'WaitingForVersion', message: `Machine ${owner.metadata.name} names no Kubernetes version.` };
  const toolchain = context.toolchain.look(version);
  if (toolchain.state === 'making') return { reason: 'WaitingForToolchain', message: toolchain.words };
  if (toolchain.state === 'failed') return { reason: 'ToolchainFailed', message: toolchain.words };
  return undefined;
}

const isControlPlane = (object: KubeObject): boolean => object.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;

function machineSpec({ object, owner, cluster }: Scope): MachineSpec {
  const network = cluster['spec']?.clusterNetwork;
  const { cpu, memoryMiB, podNetwork } = object['spec'] ?? {};
  return {
    name: object.metadata.name,
    labels: machineLabels(object, owner, cluster),
    kubernetesVersion: owner['spec']?.version,
    ...(podNetwork === 'none' ? {} : { podCidr: network?.pods?.cidrBlocks?.[0] }),
    serviceCidr: network?.services?.cidrBlocks?.[0],
    peerGroup: clusterId(object.metadata.namespace ?? '', cluster.metadata.name),
    ...(cpu === undefined ? {} : { cpu }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
  };
}

function machineLabels(object: KubeObject, owner: KubeObject, cluster: KubeObject): Record<string, string> {
  const { namespace = '', uid = '', labels = {} } = object.metadata;
  const failureDomain: string | undefined = owner['spec']?.failureDomain;
  return {
    cluster: `${namespace}/${cluster.metadata.name}`,
    'cluster-uid': labels[CLUSTER_UID_LABEL] ?? '',
    'machine-uid': uid,
    namespace,
    pool: labels[POOL_LABEL] ?? '',
    role: isControlPlane(object) ? 'control-plane' : 'worker',
    ...(failureDomain === undefined ? {} : { 'failure-domain': failureDomain }),
  };
}

/** Two clusters could be unlucky with random names; a machine of someone else must never be taken over. */
function assertOurs(machine: Machine, object: KubeObject): void {
  if (machine.labels['machine-uid'] !== object.metadata.uid)
    throw new SlipwayError('Conflict', `A machine called ${machine.name} exists on this host and belongs to something else.`, {
      retryable: true,
    });
}

/** Undefined: it runs again. Otherwise what to do next. */
async function handleStopped(context: MachineContext, scope: Scope, machine: Machine): Promise<Outcome | undefined> {
  const { object, cluster } = scope;
  const crashed = machine.state === 'Crashed' && context.seenRunning.has(machine.name);
  const known = findCondition(object, 'Ready');
  const since = known?.reason === 'MachineCrashed' ? context.deps.clock.now() - Date.parse(known.lastTransitionTime) : 0;
  if (!crashed || since > UNREPLACED_MS || onlyControlPlane(context, object, cluster)) {
    // Stopped by us, or found dead after the host or this process was down, or there is no one who could take over: its disk is all there is.
    await context.deps.machines.start(machine.name);
    return undefined;
  }
  await markDead(context, scope.owner, true);
  await context.write.status(object, {}, [
    condition('Ready', 'False', 'MachineCrashed', machine.reason ?? 'Its init ended.'),
    pausedCondition(false),
  ]);
  return { againAfterMs: UNREPLACED_MS - since + 1000 };
}

/** Annotations of Cluster API: a dead machine has no pods to move and no volumes to detach, and waiting for them would only hold up its replacement. */
const DEAD_ANNOTATIONS = ['machine.cluster.x-k8s.io/exclude-node-draining', 'machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach'];
const DEAD = 'slipway.dev: the machine is dead';

/** Only what we set is taken back: a person may have set the same annotation for another reason. */
async function markDead(context: MachineContext, owner: KubeObject, dead: boolean): Promise<void> {
  const current = owner.metadata.annotations ?? {};
  const wrong = DEAD_ANNOTATIONS.filter((name) => (dead ? current[name] === undefined : current[name] === DEAD));
  if (wrong.length === 0) return;
  await context.deps.kube.patch(
    { ...MACHINE, namespace: owner.metadata.namespace, name: owner.metadata.name },
    { metadata: { annotations: Object.fromEntries(wrong.map((name) => [name, dead ? DEAD : null])) } },
  );
}

/** Cluster API cannot replace the only control plane of a running cluster: with it the data would be gone. */
function onlyControlPlane(context: MachineContext, object: KubeObject, cluster: KubeObject): boolean {
  if (!isControlPlane(object) || cluster['status']?.initialization?.controlPlaneInitialized !== true) return false;
  const peers = context.view.localMachinesOf(object.metadata.namespace ?? '', cluster.metadata.name).filter(isControlPlane);
  return peers.length <= 1;
}

/** Tells Cluster API what the machine is. Before bootstrap, as a cloud does. */
async function announce(context: MachineContext, scope: Scope, machine: Machine): Promise<KubeObject> {
  await markDead(context, scope.owner, false);
  const providerID = `local:///${machine.name}`;
  let { object } = scope;
  if (object['spec']?.providerID !== providerID) object = await context.write.spec(object, { providerID });
  const failureDomain: string | undefined = scope.owner['spec']?.failureDomain;
  const spoilt = ['False'].includes(findCondition(object, 'BootstrapSucceeded')?.status ?? '');
  return context.write.status(
    object,
    {
      initialization: { provisioned: true },
      addresses: [
        { type: 'InternalIP', address: machine.address },
        { type: 'Hostname', address: machine.name },
      ],
      ...(failureDomain === undefined ? {} : { failureDomain }),
    },
    [...(spoilt ? [] : [condition('Ready', 'True', 'MachineRunning', '')]), pausedCondition(false)],
  );
}

async function bootstrap(context: MachineContext, scope: Scope, machine: Machine, signal: AbortSignal): Promise<Outcome> {
  const { object } = scope;
  const known = findCondition(object, 'BootstrapSucceeded');
  if (known?.status === 'True') return (await importOtherVersions(context, scope, signal)) ?? { againAfterMs: RESYNC_MS };
  const found = await context.bootstrap.state(machine.name, signal);
  const verb = isControlPlane(object) && scope.cluster['status']?.initialization?.controlPlaneInitialized !== true ? 'init' : 'join';
  const say = (...news: NewCondition[]) => context.write.status(object, {}, news);
  switch (found.state) {
    case 'succeeded':
      await say(condition('BootstrapSucceeded', 'True', 'Succeeded', ''));
      return { againAfterMs: RESYNC_MS };
    case 'failed':
    case 'interrupted': {
      const why =
        found.state === 'failed' ? `kubeadm ${verb} failed: ${found.detail}` : `kubeadm ${verb} was cut off and cannot be taken up again.`;
      // False, so that the health check has the machine replaced.
      await say(condition('BootstrapSucceeded', 'False', 'BootstrapFailed', why), condition('Ready', 'False', 'BootstrapFailed', why));
      return {};
    }
    case 'none':
      await deliver(context, scope, machine, signal);
      break;
    case 'running':
      break;
  }
  await say(condition('BootstrapSucceeded', 'Unknown', 'Running', `kubeadm ${verb} on ${machine.name}`));
  return { againAfterMs: BOOTSTRAP_POLL_MS };
}

async function deliver(context: MachineContext, { object, owner }: Scope, machine: Machine, signal: AbortSignal): Promise<void> {
  const secretName: string = owner['spec'].bootstrap.dataSecretName;
  const namespace = object.metadata.namespace;
  const secret = await context.deps.kube.get({ apiVersion: 'v1', kind: 'Secret', namespace, name: secretName });
  const encoded: string | undefined = secret?.['data']?.value;
  if (encoded === undefined)
    throw new SlipwayError('NotFound', `Bootstrap data of machine ${machine.name} is gone: Secret ${namespace}/${secretName}.`);
  const format = Buffer.from(secret?.['data']?.format ?? '', 'base64').toString('utf8') || 'cloud-config';
  if (format !== 'cloud-config')
    throw new SlipwayError(
      'Invalid',
      `Bootstrap data of machine ${machine.name} has the format "${format}"; only cloud-config is supported.`,
    );
  const data = parseBootstrapData(Buffer.from(encoded, 'base64').toString('utf8'), {
    local_hostname: machine.name,
    instance_id: machine.name,
    local_ipv4: machine.address,
  });
  await context.bootstrap.deliver(machine.name, data, signal);
}

async function deleteLocalMachine(context: MachineContext, object: KubeObject): Promise<Outcome> {
  if (!object.metadata.finalizers?.includes(FINALIZER)) return {};
  const { machines } = context.deps;
  const name = object.metadata.name;
  const machine = await machines.get(name);
  // A machine that failed half-way into its making may be unknown to get(); remove() is repeatable and cleans that too.
  if (machine === undefined || machine.labels['machine-uid'] === object.metadata.uid) await machines.remove(name);
  context.seenRunning.delete(name);
  for (const key of context.imported) if (key.startsWith(`${name}/`)) context.imported.delete(key);
  await context.write.removeFinalizer(object);
  return {};
}
