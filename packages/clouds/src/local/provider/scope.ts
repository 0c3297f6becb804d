import type { Clock, Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { LoadBalancerDriver, MachineDriver } from '@slipway/machines';
import { SlipwayError } from '@slipway/kit';
import { PAUSED_ANNOTATION } from '../names.ts';
import { condition, type NewCondition, statusDiffers, withConditions } from './conditions.ts';

/** Removed last, when the machine or load balancer is gone. */
export const FINALIZER = 'local.infrastructure.cluster.x-k8s.io';

export interface ToolchainPort {
  /** Makes what machines of a Kubernetes version (`v1.35.4`) need, or returns at once when it is there. `onProgress` gives words for people. */
  ensureVersion(version: string, options: { onProgress: (words: string) => void; signal: AbortSignal }): Promise<void>;
  /** Versions for which all of that is there already. */
  readyVersions(): Promise<readonly string[]>;
}

export interface LocalProviderDeps {
  readonly kube: KubeClient;
  readonly machines: MachineDriver;
  readonly loadBalancers: LoadBalancerDriver;
  readonly toolchain: ToolchainPort;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What the watches know; objects are shared and read-only. */
export interface ProviderView {
  cluster(namespace: string, name: string): KubeObject | undefined;
  machine(namespace: string, name: string): KubeObject | undefined;
  localCluster(namespace: string, name: string): KubeObject | undefined;
  localMachine(namespace: string, name: string): KubeObject | undefined;
  localMachinesOf(namespace: string, clusterName: string): readonly KubeObject[];
  /** A write's answer: newer than the cache for a moment. */
  wrote(object: KubeObject): void;
}

export const ownerOf = (object: KubeObject, kind: string): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.kind === kind)?.name;

export const isPaused = (object: KubeObject, cluster: KubeObject | undefined): boolean =>
  cluster?.['spec']?.paused === true || object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined;

export const pausedCondition = (paused: boolean): NewCondition =>
  paused ? condition('Paused', 'True', 'Paused', 'The cluster or this object is paused.') : condition('Paused', 'False', 'NotPaused');

const refOf = (object: KubeObject) => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
});

/** Small writes to one object; each returns the object as the server has it now and does nothing when nothing would change. */
export function createWriter(deps: Pick<LocalProviderDeps, 'kube' | 'clock'>, view: Pick<ProviderView, 'wrote'>) {
  const patch = async (object: KubeObject, body: object, subresource?: string): Promise<KubeObject> => {
    const result = await deps.kube.patch(refOf(object), body, subresource === undefined ? {} : { subresource });
    view.wrote(result);
    return result;
  };
  return {
    /** Merge patch of `spec`. */
    spec: (object: KubeObject, spec: object): Promise<KubeObject> => patch(object, { spec }),

    async status(object: KubeObject, status: Readonly<Record<string, unknown>>, news: readonly NewCondition[]): Promise<KubeObject> {
      const wanted = { ...status, conditions: withConditions(object['status']?.conditions, news, deps.clock) };
      return statusDiffers(object, wanted) ? patch(object, { status: wanted }, 'status') : object;
    },

    async addFinalizer(object: KubeObject): Promise<KubeObject> {
      const finalizers = object.metadata.finalizers ?? [];
      if (finalizers.includes(FINALIZER)) return object;
      return patch(object, { metadata: { finalizers: [...finalizers, FINALIZER], resourceVersion: object.metadata.resourceVersion } });
    },

    /** Lets the object go. That it is gone already is fine. */
    async removeFinalizer(object: KubeObject): Promise<void> {
      const finalizers = object.metadata.finalizers ?? [];
      if (!finalizers.includes(FINALIZER)) return;
      try {
        await deps.kube.patch(refOf(object), {
          metadata: { finalizers: finalizers.filter((name) => name !== FINALIZER), resourceVersion: object.metadata.resourceVersion },
        });
      } catch (error) {
        if (!(error instanceof SlipwayError && error.code === 'NotFound')) throw error;
      }
    },
  };
}

export type Writer = ReturnType<typeof createWriter>;
