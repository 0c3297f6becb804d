import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { MAX_EXPRESSION } from './expression-text.ts';

/** A checked CEL expression over one object. */
export interface Expression {
  /**
   * The value for this object. Throws an `Error` with a sentence when a field it names is not there or types do not fit. May take long for a large object: run it under a
   * clock (`withinTime` of kit).
   */
  evaluate(object: Readonly<Record<string, unknown>>): unknown;
}

export type CompiledExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; /** One line, with the place. */ readonly message: string };

/**
 * Functions an expression may call. What makes texts or lists grow (`map`, `join`, `split`, `cel.bind`, …) is not among them, so that a few characters cannot ask for
 * gigabytes; the clock bounds the rest.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'has size type dyn int uint double bool string timestamp duration all exists exists_one filter ' +
    'contains startsWith endsWith matches indexOf substring lowerAscii upperAscii trim hasValue value orValue ' +
    'getFullYear getMonth getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds'
  ).split(' '),
);
const OVER_LISTS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter']);
/** Lists of lists, no deeper: what an expression costs grows with the power of this. */
const MAX_NESTING = 2;
/** Each `+` may double a text. */
const MAX_ADDITIONS = 8;

let made: Environment | undefined;

const environment = (): Environment =>
  (made ??= new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 300, maxDepth: 32, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 4 },
  }).registerVariable('object', 'map'));

/**
 * Reads an expression in CEL (github.com/google/cel-spec) whose one variable is `object`, and checks syntax, types and cost. Whole numbers of the object are CEL's `int`.
 *
 * @example compileExpression('object.status.readyReplicas == object.spec.replicas', 'bool')
 */
export function compileExpression(text: string, type: 'bool'): CompiledExpression {
  if (text.length > MAX_EXPRESSION) return refused(`has ${text.length} characters; at most ${MAX_EXPRESSION} are allowed`);
  try {
    const parsed = environment().parse(text);
    const trouble = costOf(parsed.ast);
    if (trouble !== undefined) return refused(trouble);
    const checked = parsed.check();
    if (!checked.valid) return refused(wordsOf(checked.error));
    // `dyn` is a field of the object: only its value tells.
    if (checked.type !== type && checked.type !== 'dyn') return refused(`gives a value of type ${checked.type}; it must give ${type}`);
    return { ok: true, expression: { evaluate: (object) => evaluated(() => parsed({ object: withIntegers(object) }) as unknown) } };
  } catch (error) {
    return refused(wordsOf(error));
  }
}

const refused = (message: string): CompiledExpression => ({ ok: false, message });

/** The library's messages show the text again below the sentence. */
const wordsOf = (error: unknown): string => (error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));

function evaluated(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    throw new Error(wordsOf(error), { cause: error });
  }
}

/** JSON has one kind of number; Kubernetes' own CEL takes whole ones as `int`, so that `a - 1` works. */
function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withIntegers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withIntegers(item)]));
}

/** Why an expression may cost too much; undefined when it may not. */
function costOf(root: ASTNode): string | undefined {
  let additions = 0;
  const visit = (node: ASTNode, nesting: number): string | undefined => {
    if (node.op === '+' && ++additions > MAX_ADDITIONS) return `adds more than ${MAX_ADDITIONS} times`;
    const call = callOf(node);
    const inside = nesting + (call !== undefined && OVER_LISTS.has(call.name) ? 1 : 0);
    const trouble = call === undefined ? undefined : callTrouble(call, inside);
    if (trouble !== undefined) return trouble;
    for (const part of partsOf(node.args)) {
      const found = visit(part, inside);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(root, 0);
}

interface Call {
  readonly name: string;
  readonly args: readonly ASTNode[];
}

function callOf(node: ASTNode): Call | undefined {
  if (node.op === 'call') return { name: node.args[0], args: node.args[1] };
  return node.op === 'rcall' ? { name: node.args[0], args: node.args[2] } : undefined;
}

function callTrouble({ name, args }: Call, nesting: number): string | undefined {
  if (!FUNCTIONS.has(name)) return `must not call ${name}; it may call: ${[...FUNCTIONS].join(', ')}`;
  if (nesting > MAX_NESTING) return `goes through lists inside lists more than ${MAX_NESTING} deep`;
  if (name !== 'matches') return undefined;
  const pattern = args[0]?.op === 'value' ? args[0].args : undefined;
  if (typeof pattern !== 'string') return 'the pattern of matches must be written out, not computed';
  try {
    void new RegExp(pattern);
    return undefined;
  } catch {
    return 'the pattern of matches is not a valid regular expression';
  }
}

/** The nodes among an operator's operands, whatever shape they have. */
function partsOf(operands: unknown): ASTNode[] {
  if (Array.isArray(operands)) return operands.flatMap(partsOf);
  return typeof operands === 'object' && operands !== null && 'op' in operands ? [operands as ASTNode] : [];
}
