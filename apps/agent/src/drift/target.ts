import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@slipway/kube';
import type { ObjectId } from '@slipway/model';
import { objectIdOf, objectKey } from '../layers/object-id.ts';
import { fingerprint } from './fingerprint.ts';
import type { WatchScope } from './object-watches.ts';

/** One object that the drift guard holds to what a layer wants. */
export interface Target {
  readonly key: string;
  readonly id: ObjectId;
  readonly layer: string;
  wanted: KubeObject;
  /** Fingerprint at which the object was last found (or made) right, or its drift was last reported. */
  judged: string | undefined;
  /** Newest fingerprint the watch showed; undefined while the object is not there. */
  latest: string | undefined;
  busy: boolean;
  dirty: boolean;
  failures: number;
  repairs: number[];
  timer: NodeJS.Timeout | undefined;
}

export const scopeOf = (target: Target): WatchScope => ({
  apiVersion: target.id.apiVersion,
  kind: target.id.kind,
  namespace: target.id.namespace,
});

/** A target for a newly installed layer; what an earlier run knew of an unchanged object still counts. */
export function targetOf(
  layer: string,
  wanted: KubeObject,
  earlier: ReadonlyMap<string, Target>,
  applied?: ReadonlyMap<string, KubeObject>,
): Target {
  const id = objectIdOf(wanted);
  const key = objectKey(id);
  const answer = applied?.get(key);
  const before = earlier.get(key);
  const same = before !== undefined && answer === undefined && isDeepStrictEqual(before.wanted, wanted);
  const judged = answer !== undefined ? fingerprint(answer.metadata) : same ? before.judged : undefined;
  const repairs = before?.repairs ?? [];
  return { key, id, layer, wanted, judged, latest: before?.latest, busy: false, dirty: false, failures: 0, repairs, timer: undefined };
}
