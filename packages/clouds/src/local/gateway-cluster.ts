import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, messageOf, minutes, sha256Hex, SlipwayError, waitFor } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient, type KubeObject } from '@slipway/kube';
import type { HostInstance, Machine, MachineDriver, MachineImage } from '@slipway/machines';
import { type ComponentPki, createComponentPki, parseComponents, pkiCovers, prepareComponents } from './capi-components.ts';
import { localProviderCrds } from './crds.ts';
import { gatewayInitData } from './gateway-init.ts';
import { CLUSTER } from './names.ts';
import { createBootstrap } from './provider/bootstrap.ts';

/** The gateway's machine is called this in every instance. */
export const GATEWAY_MACHINE = 'gateway';
const FIELD_MANAGER = 'slipway';
const INIT_TIMEOUT_MS = minutes(5);
const HEALTHY_TIMEOUT_MS = minutes(3);
const COMPONENTS_TIMEOUT_MS = minutes(3);
const STATE_NAMESPACE = 'slipway-system';
/** On everything of Cluster API's own manifests. */
const PROVIDER_LABEL = 'cluster.x-k8s.io/provider';
/** Raised when what is made of the same manifests changes. */
const COMPONENTS_REVISION = 1;

export interface GatewayClusterDeps {
  readonly machines: MachineDriver;
  readonly instance: Pick<HostInstance, 'home'>;
}

export interface GatewayClusterOptions {
  /** `v1.35.4` */
  readonly kubernetesVersion: string;
  /** `{ etcd: '3.6.8-0', coredns: 'v1.14.2' }` */
  readonly imageTags: { readonly etcd: string; readonly coredns: string };
  /** Cluster API's rendered manifests (forge piece `cluster-api-components`). */
  readonly components: string;
  /** OCI layouts to put into the gateway's containerd, with the names they get there (forge piece `image/cluster-api[-tuned]`). */
  readonly images: readonly MachineImage[];
  /** Cores and MiB of the gateway's machine; unlimited when absent. */
  readonly size?: { readonly cpu?: number; readonly memoryMiB?: number };
  /** Called at every step with words for people. */
  readonly onStep?: (step: GatewayStep, waitingFor: string) => void;
  readonly signal?: AbortSignal;
}

export type GatewayStep = 'machine' | 'kubernetes' | 'cluster-api' | 'ready';

export interface GatewayCluster {
  readonly kubeconfigPath: string;
  readonly address: string;
}

/**
 * Makes the gateway: one local machine with a one-node Kubernetes cluster and Cluster API in it. Every step finds out first whether it is done, so a call
 * after a kill -9 anywhere, or after `down`, goes on where things stand. What was never initialised is thrown away and made again, once.
 */
export async function ensureGatewayCluster(deps: GatewayClusterDeps, options: GatewayClusterOptions): Promise<GatewayCluster> {
  const step = (name: GatewayStep, waitingFor: string) => options.onStep?.(name, waitingFor);
  const machine = await initialised(deps, options, step);
  const kubeconfigPath = await saveKubeconfig(deps, machine);
  const kube = createKubeClient(await fromKubeconfig(kubeconfigPath));
  try {
    step('kubernetes', 'the API server of the gateway');
    await waitFor(() => kube.request('/readyz').then(() => true), {
      what: 'the API server of the gateway',
      timeoutMs: HEALTHY_TIMEOUT_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    step('cluster-api', 'images of Cluster API');
    await deps.machines.importImages(GATEWAY_MACHINE, options.images, options.signal);
    await installComponents(deps, kube, options, step);
  } finally {
    kube.close();
  }
  step('ready', '');
  return { kubeconfigPath, address: machine.address };
}

type StepSink = (name: GatewayStep, waitingFor: string) => void;

async function initialised(deps: GatewayClusterDeps, options: GatewayClusterOptions, step: StepSink): Promise<Machine> {
  for (let attempt = 1; ; attempt++) {
    step('machine', 'the machine of the gateway');
    const machine = await runningMachine(deps, options);
    const outcome = await kubeadmInit(deps, options, machine, step);
    if (outcome.state === 'succeeded') return machine;
    if (attempt === 2) throw new SlipwayError('Internal', `kubeadm init of the gateway ${outcome.state}: ${outcome.detail}`);
    // Nothing was ever kept in it.
    await deps.machines.remove(GATEWAY_MACHINE);
  }
}

async function runningMachine({ machines }: GatewayClusterDeps, options: GatewayClusterOptions): Promise<Machine> {
  const machine = await machines.create(
    {
      name: GATEWAY_MACHINE,
      labels: { role: 'gateway' },
      kubernetesVersion: options.kubernetesVersion,
      podCidr: '10.201.0.0/16',
      serviceCidr: '10.97.0.0/16',
      peerGroup: 'gateway',
      ...options.size,
    },
    options.signal,
  );
  return machine.state === 'Running' ? machine : machines.start(GATEWAY_MACHINE);
}

async function kubeadmInit({ machines }: GatewayClusterDeps, options: GatewayClusterOptions, machine: Machine, step: StepSink) {
  const { signal } = options;
  const bootstrap = createBootstrap(machines);
  let delivered = false;
  return waitFor(
    async () => {
      const found = await bootstrap.state(GATEWAY_MACHINE, signal);
      if (found.state === 'none' && !delivered) {
        await bootstrap.deliver(GATEWAY_MACHINE, gatewayInitData(machine, options), signal);
        delivered = true;
      }
      step('kubernetes', `kubeadm init on ${GATEWAY_MACHINE}`);
      return found.state === 'none' || found.state === 'running' ? undefined : found;
    },
    { what: 'kubeadm init of the gateway', timeoutMs: INIT_TIMEOUT_MS, intervalMs: 300, ...(signal === undefined ? {} : { signal }) },
  );
}

async function saveKubeconfig({ machines, instance }: GatewayClusterDeps, machine: Machine): Promise<string> {
  const path = join(instance.home, 'gateway', 'kubeconfig');
  const admin = (await machines.readFile(GATEWAY_MACHINE, '/etc/kubernetes/admin.conf')).toString('utf8');
  await writePrivate(path, admin.replace(/server: https:\/\/\S+/, `server: https://${machine.address}:6443`));
  return path;
}

async function writePrivate(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}

async function installComponents(
  deps: GatewayClusterDeps,
  kube: KubeClient,
  options: GatewayClusterOptions,
  step: StepSink,
): Promise<void> {
  const text = await readFile(options.components, 'utf8');
  const names = options.images.flatMap((image) => image.names);
  const images = Object.fromEntries(names.map((name) => [name.replace(/^.*\//, '').replace(/[:@].*$/, ''), name]));
  const crds = localProviderCrds();
  const pkiPath = join(deps.instance.home, 'gateway', 'cluster-api-pki.json');
  const kept = await keptPki(pkiPath);
  const sum = (pki: ComponentPki) => sha256Hex(canonicalJson([COMPONENTS_REVISION, sha256Hex(text), images, pki.ca.cert, crds]));
  // Reading 2.5 MB of YAML takes seconds on a busy host: only when there is something to apply.
  if (kept === undefined || (await installedHash(kube)) !== sum(kept)) {
    step('cluster-api', 'manifests of Cluster API');
    const upstream = parseComponents(text);
    const pki = kept !== undefined && pkiCovers(kept, upstream) ? kept : await createComponentPki(upstream);
    if (pki !== kept) await writePrivate(pkiPath, JSON.stringify(pki));
    await applyInOrder(kube, [namespaceObject(STATE_NAMESPACE), ...prepareComponents(upstream, { pki, images }), ...crds]);
    kube.resetDiscovery();
    await waitForManagers(kube, options, step);
    await kube.apply(stateObject(sum(pki)), { fieldManager: FIELD_MANAGER, force: true });
    return;
  }
  await waitForManagers(kube, options, step);
}

const namespaceObject = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const STATE_NAME = 'cluster-api-components';
const stateObject = (hash: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: STATE_NAME, namespace: STATE_NAMESPACE },
  data: { hash },
});

async function installedHash(kube: KubeClient): Promise<string | undefined> {
  const state = await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: STATE_NAMESPACE, name: STATE_NAME });
  return state?.['data']?.hash;
}

/** Made once per instance and kept: the same certificates on every `up`, so nothing is restarted. */
const keptPki = (path: string): Promise<ComponentPki | undefined> =>
  readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as ComponentPki,
    () => undefined,
  );

/** Objects of one kind go side by side, kinds one after the other. */
async function applyInOrder(kube: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const groups: KubeObject[][] = [];
  for (const object of objects) {
    const last = groups.at(-1);
    if (last?.[0]?.kind === object.kind) last.push(object);
    else groups.push([object]);
  }
  for (const group of groups)
    await Promise.all(
      group.map((object) =>
        kube.apply(object, { fieldManager: FIELD_MANAGER, force: true }).catch((error: unknown) => {
          throw new SlipwayError('Internal', `${object.kind} ${object.metadata.name} could not be applied: ${messageOf(error)}`, {
            cause: error,
          });
        }),
      ),
    );
}

const MANAGERS = 3;

/** Ready when the pods are, and when the webhooks answer: a dry run of a Cluster passes through admission and conversion. */
async function waitForManagers(kube: KubeClient, options: GatewayClusterOptions, step: StepSink): Promise<void> {
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  step('cluster-api', 'controllers of Cluster API');
  await waitFor(
    async () => {
      const deployments = await kube.list({ apiVersion: 'apps/v1', kind: 'Deployment' }, { labelSelector: PROVIDER_LABEL });
      const missing = deployments.filter((found) => (found['status']?.availableReplicas ?? 0) < 1 || !isObserved(found));
      if (missing.length === 0 && deployments.length >= MANAGERS) return true;
      step('cluster-api', `pods of ${missing.map((found) => found.metadata.name).join(', ')}`);
      // Thrown, so that a timeout says it.
      throw new SlipwayError('Unavailable', await explainPods(kube));
    },
    { what: 'the controllers of Cluster API', timeoutMs: COMPONENTS_TIMEOUT_MS, ...abort },
  );
  step('cluster-api', 'webhooks of Cluster API');
  const probe: KubeObject = {
    ...CLUSTER,
    metadata: { name: 'slipway-probe', namespace: 'default' },
    spec: {
      clusterNetwork: { pods: { cidrBlocks: ['10.200.0.0/16'] } },
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'LocalCluster', name: 'slipway-probe' },
    },
  };
  await waitFor(() => kube.apply(probe, { fieldManager: FIELD_MANAGER, force: true, dryRun: true }).then(() => true), {
    what: 'the webhooks of Cluster API',
    timeoutMs: COMPONENTS_TIMEOUT_MS,
    ...abort,
  });
}

const isObserved = (found: KubeObject): boolean => (found['status']?.observedGeneration ?? 0) >= (found.metadata.generation ?? 1);

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly message?: string } };
}

/** What keeps the managers' pods, in the kubelet's words and their own last ones. */
async function explainPods(kube: KubeClient): Promise<string> {
  const pods = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { labelSelector: PROVIDER_LABEL });
  if (pods.length === 0) return 'there are no pods yet';
  const words = pods.flatMap((pod) =>
    ((pod['status']?.containerStatuses ?? []) as ContainerStatus[]).flatMap(({ state, lastState }) => {
      const said = lastState?.terminated?.message?.trim().split('\n').slice(-2).join(' ');
      const reason = [state?.waiting?.reason, state?.waiting?.message, said].filter((part) => part !== undefined && part !== '');
      return reason.length === 0 ? [] : [`${pod.metadata.name}: ${reason.join(': ').slice(0, 400)}`];
    }),
  );
  return words.length === 0 ? 'their pods start' : words.join('; ');
}
