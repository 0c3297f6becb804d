import { messageOf, seconds, sleep, SlipwayError } from '@slipway/kit';
import { createInformer, type Informer, type KubeObject, type KubeWatchEvent } from '@slipway/kube';
import type { Outcome } from '@slipway/runtime';
import { CLUSTER, CLUSTER_NAME_LABEL, LOCAL_CLUSTER, LOCAL_MACHINE, MACHINE } from '../names.ts';
import { createBootstrap } from './bootstrap.ts';
import { reconcileLocalCluster } from './local-cluster.ts';
import { reconcileLocalMachine } from './local-machine.ts';
import { createWorkQueue } from '../../work-queue.ts';
import { createVersionPreparation } from './prepare-versions.ts';
import { createWriter, type LocalProviderDeps, ownerOf, type ProviderView } from './scope.ts';
import { createToolchainWatch } from './toolchain-watch.ts';

export interface LocalProvider {
  /** Runs until the signal aborts. A new start after that is a new provider. */
  start(signal: AbortSignal): Promise<void>;
}

const PREPARATION_LOOK_MS = seconds(5);

/**
 * The Cluster API infrastructure provider `local`: LocalCluster and LocalMachine, contract v1beta2. It runs beside the machine driver, in the host's
 * namespaces, and needs nothing but a connection to the gateway cluster. It keeps no state of its own: what it must know is in the objects, in the driver
 * and in the machines, so it may be killed at any point.
 */
export function createLocalProvider(deps: LocalProviderDeps): LocalProvider {
  return {
    async start(signal) {
      const queue = createWorkQueue({ work: reconcile, clock: deps.clock, logger: deps.logger });
      const { view, informers, synced } = createView(deps, (key) => queue.add(key));
      const write = createWriter(deps, view);
      const toolchain = createToolchainWatch(deps.toolchain, deps.logger, () => everyMachine().forEach((key) => queue.add(key)), signal);
      const clusterContext = { deps, view, write, served: new Map() };
      const bootstrap = createBootstrap(deps.machines);
      const machineContext = { deps, view, write, toolchain, bootstrap, seenRunning: new Set<string>(), imported: new Set<string>() };
      const everyMachine = () => informers.localMachines.list().map((object) => keyOf('LocalMachine', object));

      async function reconcile(key: string, abort: AbortSignal): Promise<Outcome> {
        const [kind, namespace = '', name = ''] = key.split('/');
        // Decisions on half a picture would be wrong ones.
        await synced(abort);
        try {
          return kind === 'LocalCluster'
            ? await reconcileLocalCluster(clusterContext, namespace, name)
            : await reconcileLocalMachine(machineContext, namespace, name, abort);
        } catch (error) {
          // Written from a cache that was a moment behind: the event that brings it up to date is on its way.
          if (error instanceof SlipwayError && error.code === 'NotFound' && view.localMachine(namespace, name) === undefined) return {};
          if (error instanceof SlipwayError && error.code === 'Conflict') return { againAfterMs: 200 };
          throw error;
        }
      }

      // A machine's driver knows it first when its init ends.
      const driverWatch = deps.machines.watch((machine) => {
        const namespace = machine.labels['namespace'];
        if (namespace !== undefined) queue.add(`LocalMachine/${namespace}/${machine.name}`);
      }, signal);
      const preparation = createVersionPreparation({ ...deps, verify: (version) => void toolchain.look(version) }, () =>
        informers.localMachines.list(),
      );
      const prepare = async () => {
        await synced(signal);
        for (;;) {
          await sleep(PREPARATION_LOOK_MS, signal);
          await preparation.look(signal);
        }
      };
      const runs = [...Object.values(informers).map((informer) => informer.run(signal)), driverWatch, queue.run(signal), prepare()];
      await Promise.all(runs.map((running) => running.catch((error: unknown) => ifNotAborted(error, signal))));
    },
  };
}

function ifNotAborted(error: unknown, signal: AbortSignal): void {
  if (!signal.aborted) throw error;
}

const keyOf = (kind: string, object: KubeObject): string => `${kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;

const clusterKey = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ''}/${object.metadata.labels?.[CLUSTER_NAME_LABEL] ?? ''}`;

/** Watch caches, and which keys an event wakes. */
function createView(deps: LocalProviderDeps, add: (key: string) => void) {
  const written = new Map<string, KubeObject>();
  const onError = (error: unknown) => deps.logger.debug({ error: messageOf(error) }, 'watch interrupted');
  const byCluster = { byCluster: (object: KubeObject) => [clusterKey(object)] };
  const forget = (kind: string) => (event: KubeWatchEvent) => {
    if (event.type === 'DELETED') written.delete(keyOf(kind, event.object));
  };
  const wakeCluster = (object: KubeObject, clusterName: string) => {
    for (const local of informers.localClusters.list(object.metadata.namespace))
      if (ownerOf(local, 'Cluster') === clusterName) add(keyOf('LocalCluster', local));
  };

  const informers: Record<'clusters' | 'machines' | 'localClusters' | 'localMachines', Informer<KubeObject>> = {
    localClusters: createInformer(deps.kube, LOCAL_CLUSTER, {
      onError,
      onEvent: (event) => {
        forget('LocalCluster')(event);
        add(keyOf('LocalCluster', event.object));
      },
    }),
    localMachines: createInformer(deps.kube, LOCAL_MACHINE, {
      onError,
      indexes: byCluster,
      onEvent: (event) => {
        forget('LocalMachine')(event);
        add(keyOf('LocalMachine', event.object));
        // A newcomer may be of another version, whose images the others need.
        if (event.type === 'ADDED')
          for (const peer of informers.localMachines.byIndex('byCluster', clusterKey(event.object))) add(keyOf('LocalMachine', peer));
        wakeCluster(event.object, event.object.metadata.labels?.[CLUSTER_NAME_LABEL] ?? '');
      },
    }),
    clusters: createInformer(deps.kube, CLUSTER, {
      onError,
      onEvent: ({ object }) => {
        wakeCluster(object, object.metadata.name);
        for (const local of informers.localMachines.byIndex('byCluster', `${object.metadata.namespace ?? ''}/${object.metadata.name}`))
          add(keyOf('LocalMachine', local));
      },
    }),
    machines: createInformer(deps.kube, MACHINE, {
      onError,
      onEvent: ({ object }) => {
        const infrastructure: string | undefined = object['spec']?.infrastructureRef?.name;
        if (infrastructure !== undefined) add(`LocalMachine/${object.metadata.namespace ?? ''}/${infrastructure}`);
        wakeCluster(object, object.metadata.labels?.[CLUSTER_NAME_LABEL] ?? '');
      },
    }),
  };

  /** Whichever is newer: what the watch has, or what a write of ours returned. */
  const newest = (kind: string, cached: KubeObject | undefined): KubeObject | undefined => {
    if (cached === undefined) return undefined;
    const own = written.get(keyOf(kind, cached));
    if (own === undefined || own.metadata.uid !== cached.metadata.uid) return cached;
    return Number(own.metadata.resourceVersion) > Number(cached.metadata.resourceVersion) ? own : cached;
  };

  const view: ProviderView = {
    cluster: (namespace, name) => informers.clusters.get(name, namespace),
    machine: (namespace, name) => informers.machines.get(name, namespace),
    localCluster: (namespace, name) => newest('LocalCluster', informers.localClusters.get(name, namespace)),
    localMachine: (namespace, name) => newest('LocalMachine', informers.localMachines.get(name, namespace)),
    localMachinesOf: (namespace, clusterName) =>
      informers.localMachines.byIndex('byCluster', `${namespace}/${clusterName}`).map((object) => newest('LocalMachine', object) ?? object),
    wrote: (object) => void written.set(keyOf(object.kind, object), object),
  };
  const synced = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(Object.values(informers).map((informer) => informer.synced(signal)));
  };
  return { view, informers, synced };
}
