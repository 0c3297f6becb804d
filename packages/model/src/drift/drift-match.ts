import type { ObjectId } from '../plan/cluster-plan.ts';
import type { DriftFact } from '../plan/facts.ts';
import type { DriftIgnore, DriftRevert, PlanIgnore, PlanRevert } from './drift-rule.ts';

type Drifted = Pick<ObjectId, 'kind' | 'namespace' | 'name'>;

export const sameObject = (a: Drifted, b: Drifted): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');

/** Whether a rule of its layer covers a field, or with no path the object itself. */
export const ignores = (rule: PlanIgnore, object: Drifted, path?: string): boolean =>
  sameObject(rule, object) && (rule.path === undefined || (path !== undefined && isBelow(path, rule.path)));

const isBelow = (path: string, above: string): boolean => path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);

/** What a rule would leave alone of what differs now: for a preview. */
export function coveredBy(
  rule: DriftIgnore,
  facts: readonly DriftFact[],
): { readonly fact: DriftFact; readonly paths: readonly string[] }[] {
  return openDrift(facts).flatMap((fact) => {
    if (fact.layer !== rule.layer || !sameObject(rule, fact.object)) return [];
    const paths = fact.diff.map(({ path }) => path).filter((path) => ignores(rule, fact.object, path));
    return paths.length > 0 || rule.path === undefined ? [{ fact, paths }] : [];
  });
}

export const openDrift = (facts: readonly DriftFact[]): readonly DriftFact[] => facts.filter(({ state }) => state === 'Open');

/** `Deployment shop/web` */
export const driftedText = ({ kind, namespace, name }: Drifted): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

interface LayerRules {
  readonly driftIgnored?: PlanIgnore[];
  readonly driftReverts?: PlanRevert[];
}

/** The rules of one layer as its plan carries them; nothing when there are none. */
export function driftRulesOf(
  spec: { readonly driftIgnored?: readonly DriftIgnore[] | undefined; readonly driftReverts?: readonly DriftRevert[] | undefined },
  layer: string,
): LayerRules {
  const own = <T extends { readonly layer: string }>(rules: readonly T[] = []) =>
    rules.filter((rule) => rule.layer === layer).map(({ layer: _layer, ...rule }) => rule);
  const [driftIgnored, driftReverts] = [own(spec.driftIgnored), own(spec.driftReverts)];
  return { ...(driftIgnored.length === 0 ? {} : { driftIgnored }), ...(driftReverts.length === 0 ? {} : { driftReverts }) };
}
