import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ObjectId } from '@slipway/model';
import { inParallel } from '../parallel.ts';
import { goesByItself, objectIdOf, objectKey, refOf } from './object-id.ts';
import { hasReadiness, podTrouble, readiness, type Readiness } from './readiness.ts';

const CONCURRENCY = 8;
const withPods: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);

export interface LayerReadiness {
  readonly ready: boolean;
  /** Not all of it is ready, but layers that build on it may begin: a node that takes pods, while others still join. */
  readonly usable?: boolean;
  /** Will not become ready by waiting. */
  readonly failed: boolean;
  /** What is not ready, one sentence per object, at most five: "Deployment metrics-server: 0 of 1 pods available: ImagePullBackOff: …". */
  readonly message: string;
}

export interface ReadinessView {
  /** An object moved: it is asked for at the next look. */
  touch(id: ObjectId): void;
  /** Asks for what moved and what was not ready, and says how the whole layer is. */
  look(): Promise<LayerReadiness>;
}

/** How ready the objects of one layer are. Only kinds that can be unready are ever asked for, and of these only what may have changed. */
export function createReadinessView(kube: KubeClient, wanted: readonly KubeObject[], home: string): ReadinessView {
  const subjects = new Map(
    wanted.filter((object) => hasReadiness(object)).map((object) => [objectKey(objectIdOf(object)), objectIdOf(object)]),
  );
  const passing = new Set(wanted.filter(goesByItself).map((object) => objectKey(objectIdOf(object))));
  const known = new Map<string, Readiness>();
  const stale = new Set(subjects.keys());

  async function examine(key: string): Promise<void> {
    const id = subjects.get(key)!;
    stale.delete(key);
    const live = await kube.get(refOf(id));
    const gone: Readiness = passing.has(key) ? { ready: true } : { ready: false, reason: 'is not there' };
    const state: Readiness = live === undefined ? gone : readiness(live);
    known.set(key, state.ready || live === undefined || !withPods.has(id.kind) ? state : await withPodTrouble(live, state));
    if (!state.ready) stale.add(key);
  }

  async function withPodTrouble(live: KubeObject, state: Readiness & { ready: false }): Promise<Readiness> {
    const labels = live['spec']?.selector?.matchLabels as Record<string, string> | undefined;
    if (labels === undefined) return state;
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const pods = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: live.metadata.namespace, labelSelector });
    const trouble = pods
      .filter((pod) => pod.metadata.deletionTimestamp === undefined)
      .map(podTrouble)
      .find((words) => words !== undefined);
    return trouble === undefined ? state : { ...state, reason: `${state.reason}: ${trouble}` };
  }

  function summary(): LayerReadiness {
    const troubles: string[] = [];
    let failed = false;
    for (const [key, state] of known) {
      if (state.ready) continue;
      const id = subjects.get(key)!;
      const where = id.namespace === undefined || id.namespace === home ? id.name : `${id.namespace}/${id.name}`;
      failed ||= state.failed === true;
      troubles.push(`${id.kind} ${where}: ${state.reason}`);
    }
    const more = troubles.length > 5 ? ` (and ${troubles.length - 5} more)` : '';
    return { ready: troubles.length === 0, failed, message: `${troubles.slice(0, 5).join('; ')}${more}` };
  }

  return {
    touch(id) {
      const key = objectKey(id);
      if (subjects.has(key)) stale.add(key);
    },
    async look() {
      await inParallel([...stale], CONCURRENCY, (key) =>
        examine(key).catch((error: unknown) => {
          stale.add(key);
          throw error;
        }),
      );
      return summary();
    },
  };
}
