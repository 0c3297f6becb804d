import type { ClusterSpec } from '../cluster/cluster.ts';
import type { DriftFact } from '../plan/facts.ts';
import { type Adoption, overrideValues } from './adopt.ts';
import { openDrift, sameObject } from './drift-match.ts';
import type { DriftIgnore } from './drift-rule.ts';

/** Merge patches of a cluster that say what is to become of a difference; the hub makes its next plan of them, and the agent acts on that. */
const idOf = ({ layer, object: { kind, namespace, name } }: DriftFact) => ({
  layer,
  kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
});

/** Puts it right once. Wishes whose difference is gone are let go of with the next one. */
export function revertPatch(spec: ClusterSpec, facts: readonly DriftFact[], fact: DriftFact): object {
  const open = openDrift(facts);
  const kept = (spec.driftReverts ?? []).filter((one) =>
    open.some((other) => other.layer === one.layer && sameObject(one, other.object) && other.detectedAt === one.detectedAt),
  );
  const asked = { ...idOf(fact), detectedAt: fact.detectedAt };
  return { spec: { driftReverts: [...kept.filter((one) => !sameObject(one, asked) || one.layer !== asked.layer), asked] } };
}

/** One rule, of a field or of the whole object. */
export const ignoreRule = (fact: DriftFact, path: string | undefined): DriftIgnore => ({
  ...idOf(fact),
  ...(path === undefined ? {} : { path }),
});

export const ignorePatch = (spec: ClusterSpec, rules: readonly DriftIgnore[]): object => ({
  spec: { driftIgnored: [...(spec.driftIgnored ?? []).filter((one) => !rules.some((rule) => sameRule(one, rule))), ...rules] },
});

/** Takes a rule back: the difference is seen again. */
export const unignorePatch = (spec: ClusterSpec, rule: DriftIgnore): object => ({
  spec: { driftIgnored: (spec.driftIgnored ?? []).filter((one) => !sameRule(one, rule)) },
});

const sameRule = (a: DriftIgnore, b: DriftIgnore): boolean => a.layer === b.layer && sameObject(a, b) && a.path === b.path;

/** Makes what is live the cluster's own wish; other overrides of the layer stay. */
export const adoptPatch = (fact: DriftFact, adoptions: readonly Adoption[]): object => ({
  spec: { overrides: { [fact.layer]: { values: overrideValues(adoptions) } } },
});

/** Whether it was asked to be put right and is still to be. */
export const isReverting = (spec: ClusterSpec, fact: DriftFact): boolean =>
  (spec.driftReverts ?? []).some((one) => one.layer === fact.layer && sameObject(one, fact.object) && one.detectedAt === fact.detectedAt);
