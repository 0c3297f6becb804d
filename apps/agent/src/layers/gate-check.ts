import { messageOf, withinTime } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ReadinessGate } from '@slipway/model';

/** Met, or why not in words a person can act on. */
export type GateVerdict = { readonly met: true } | { readonly met: false; readonly why: string };

/** What one gate says of one object. */
export type GateJudge = (object: KubeObject) => GateVerdict;

const MET: GateVerdict = { met: true };
const unmet = (why: string): GateVerdict => ({ met: false, why });

/** For one object, on a machine that has other things to do. */
const EXPRESSION_MS = 250;
/** Objects held at a time. */
const PAGE = 50;
/** A gate is about a few objects; one that counts a whole cluster belongs into monitoring. */
const MAX_OBJECTS = 1000;
const SHOWN = 3;
const SHOWN_TEXT = 160;

interface RawCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** The judge of a gate. The reader of expressions is loaded when the first gate has one. */
export async function judgeOf(gate: ReadinessGate): Promise<GateJudge> {
  if (gate.type === 'condition') return (object) => judgeCondition(object, gate);
  const { compileExpression } = await import('@slipway/model/expression');
  const compiled = compileExpression(gate.expression, 'bool');
  if (!compiled.ok) return () => unmet(`its expression cannot be read: ${compiled.message}`);
  const text = gate.expression.length > SHOWN_TEXT ? `${gate.expression.slice(0, SHOWN_TEXT)}…` : gate.expression;
  return (object) => {
    try {
      const value = withinTime(EXPRESSION_MS, () => compiled.expression.evaluate(object));
      if (value === true) return MET;
      return unmet(value === false ? `not yet so: ${text}` : `${text} is neither true nor false`);
    } catch (error) {
      return unmet(`${text}: ${messageOf(error)}`);
    }
  };
}

function judgeCondition(object: KubeObject, gate: ReadinessGate & { type: 'condition' }): GateVerdict {
  if (object.metadata.deletionTimestamp !== undefined) return unmet('is being deleted');
  const generation = object.metadata.generation ?? 0;
  const conditions = object['status']?.conditions as RawCondition[] | undefined;
  const found = Array.isArray(conditions) ? conditions.find((condition) => condition.type === gate.condition) : undefined;
  if (found === undefined) return unmet(`has no condition ${gate.condition} yet`);
  const observed = found.observedGeneration ?? (object['status']?.observedGeneration as number | undefined);
  if (observed !== undefined && observed < generation) return unmet('waiting for its controller to see the change');
  if (found.status === gate.status) return MET;
  const words = found.message || found.reason;
  return unmet(`condition ${gate.condition} is ${found.status}, not ${gate.status}${words ? `: ${words}` : ''}`);
}

interface Tally {
  right: number;
  total: number;
  readonly wrong: string[];
}

/** Asks for the objects of a gate and says whether it is met. Of many only one page is held at a time. */
export async function checkGate(kube: KubeClient, gate: ReadinessGate, judge: GateJudge, home: string): Promise<GateVerdict> {
  const { namespaced } = await kube.resource(gate);
  const namespace = namespaced ? (gate.namespace ?? home) : undefined;
  if (gate.name !== undefined) {
    const live = await kube.get({ apiVersion: gate.apiVersion, kind: gate.kind, namespace, name: gate.name });
    return live === undefined ? unmet('is not there') : judge(live);
  }
  const tally: Tally = { right: 0, total: 0, wrong: [] };
  for await (const object of pagesOf(kube, gate, namespace)) {
    tally.total++;
    const verdict = judge(object);
    if (verdict.met) tally.right++;
    else if (tally.wrong.length < SHOWN) tally.wrong.push(`${object.metadata.name} ${verdict.why}`);
    if (gate.atLeast !== undefined && tally.right >= gate.atLeast) return MET;
    if (tally.total > MAX_OBJECTS) return unmet(`there are more than ${MAX_OBJECTS} of them: select fewer`);
  }
  return verdictOf(tally, gate.atLeast);
}

function verdictOf({ right, total, wrong }: Tally, atLeast: number | undefined): GateVerdict {
  if (total === 0) return unmet('there is none yet');
  if (atLeast === undefined && right === total) return MET;
  const count = atLeast === undefined ? `${right} of ${total}` : `${right} of ${total}, and ${atLeast} must be`;
  const more = total - right - wrong.length;
  return unmet(`${count}${wrong.length === 0 ? '' : `: ${wrong.join('; ')}`}${more > 0 ? ` (and ${more} more)` : ''}`);
}

async function* pagesOf(kube: KubeClient, gate: ReadinessGate, namespace: string | undefined): AsyncGenerator<KubeObject> {
  const path = await kube.path({ apiVersion: gate.apiVersion, kind: gate.kind, namespace });
  let next: string | undefined;
  do {
    const page: { items: KubeObject[] | null; metadata: { continue?: string } } = await kube.request(path, {
      query: { labelSelector: gate.selector, limit: String(PAGE), continue: next },
    });
    yield* page.items ?? [];
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
}
