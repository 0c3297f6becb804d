import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { PlanLayer } from '@slipway/model';
import { readiness } from '../layers/readiness.ts';
import type { LayerReadiness } from '../layers/watch-readiness.ts';
import type { CorePod } from './cluster-health.ts';
import { nodeFact, waitsForNetwork, type NodeFact } from './node-fact.ts';

const CORE_NAMESPACE = 'kube-system';

export interface HealthWatch {
  start(signal: AbortSignal): void;
  nodes(): NodeFact[];
  corePods(): CorePod[];
  /** Health of what machines and Cluster API provide: judged by nodes and core pods. */
  builtin(type: PlanLayer['type']): LayerReadiness;
}

function corePod(pod: KubeObject): CorePod {
  const state = readiness(pod);
  return { name: pod.metadata.name, ready: state.ready, reason: state.ready ? '' : state.reason };
}

const notReady = (message: string, usable = false): LayerReadiness => ({ ready: false, usable, failed: false, message });

/** Follows nodes and the pods of kube-system; keeps only the few words of each that the facts need. */
export function createHealthWatch(kube: KubeClient, logger: Logger, onChange: () => void): HealthWatch {
  const nodes = new Map<string, { readonly fact: NodeFact; readonly waitsForNetwork: boolean }>();
  const pods = new Map<string, CorePod>();
  let synced = false;

  function keep<T>(map: Map<string, T>, object: KubeObject, gone: boolean, fact: () => T): void {
    const name = object.metadata.name;
    const before = map.get(name);
    if (gone) map.delete(name);
    else map.set(name, fact());
    if (!isDeepStrictEqual(before, map.get(name))) onChange();
  }

  return {
    start(signal) {
      const onError = (error: unknown) => logger.debug({ error }, 'a health watch broke and is opened again');
      void kube.watch(
        { apiVersion: 'v1', kind: 'Node' },
        (event) =>
          keep(nodes, event.object, event.type === 'DELETED', () => ({
            fact: nodeFact(event.object),
            waitsForNetwork: waitsForNetwork(event.object),
          })),
        signal,
        {
          onError,
          onSynced: () => {
            synced = true;
            onChange();
          },
        },
      );
      const onPod = (event: { type: string; object: KubeObject }) =>
        // A pod on its way out (a rollout, a drained node) is no trouble of the cluster.
        keep(pods, event.object, event.type === 'DELETED' || event.object.metadata.deletionTimestamp !== undefined, () =>
          corePod(event.object),
        );
      void kube.watch({ apiVersion: 'v1', kind: 'Pod' }, onPod, signal, { namespace: CORE_NAMESPACE, onError });
    },
    nodes: () => [...nodes.values()].map(({ fact }) => fact).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    corePods: () => [...pods.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    builtin(type) {
      if (!synced) return notReady('The API server has not listed its nodes yet.');
      if (nodes.size === 0) return notReady('No node has joined yet.');
      // Whoever installs charts by hand begins as soon as a node takes pods, and does not wait for the last one to join or for cluster DNS.
      // Where a pack makes the network, it is installed on nodes that lack just that.
      const usable = [...nodes.values()].some(({ fact, waitsForNetwork: waits }) => fact.ready || (type !== 'cni' && waits));
      const trouble = [...nodes.values()].flatMap(({ fact }) => (fact.ready ? [] : [`Node ${fact.name}: ${fact.reason}`]));
      if (type === 'kubernetes')
        trouble.push(...[...pods.values()].filter((pod) => !pod.ready).map((pod) => `Pod ${pod.name}: ${pod.reason}`));
      return trouble.length === 0 ? { ready: true, failed: false, message: '' } : notReady(trouble.slice(0, 3).join('; '), usable);
    },
  };
}
