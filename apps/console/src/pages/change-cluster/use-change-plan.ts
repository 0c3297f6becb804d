import type { ChangePlan, SpecWrite } from '@slipway/model';
import { plannedOf } from '@slipway/model/browser';
import { useEffect, useMemo, useState } from 'react';
import { askPlan } from '../../hub/plans.ts';
import type { Cluster } from '../../hub/objects.ts';

interface Told {
  /** What the plan is of. */
  readonly of: string;
  readonly plan?: ChangePlan;
  readonly error?: unknown;
}

/** The hub's plan of writes that nobody has made yet; asked for anew when they, or what they change, become others. Until then there is none. */
export function useChangePlan({ metadata: { name, namespace } }: Cluster, writes: readonly SpecWrite[]) {
  const [told, setTold] = useState<Told>();
  // Status changes all the time, and makes no other plan: what counts is the specs.
  const key = useMemo(
    () => JSON.stringify([namespace, name, writes.map(({ object, spec }) => [object.metadata.uid, object.metadata.generation, spec])]),
    [namespace, name, writes],
  );
  useEffect(() => {
    const left = new AbortController();
    askPlan({ project: namespace, name }, writes.map(plannedOf), left.signal).then(
      (plan) => setTold({ of: key, plan }),
      (error: unknown) => left.signal.aborted || setTold({ of: key, error }),
    );
    return () => left.abort();
    // `key` says all there is of `writes`.
  }, [key]);
  const isOf = told?.of === key;
  return { plan: isOf ? told.plan : undefined, error: isOf ? told.error : undefined, asking: !isOf, last: told?.plan };
}
