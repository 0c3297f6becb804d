import { MASK } from '../meta/mask.ts';
import { callFunction, FunctionProblem, kindOf, textOf, type Value } from './functions.ts';
import { type Call, type Operand, type Pipeline, type Reference, referenceText } from './syntax.ts';

/** A value and what must be known of it. */
export interface Known {
  readonly value: Value;
  /** Made of something nobody may read. */
  readonly secret: boolean;
  /** A stand-in: what it will be is not known here (a variable nobody has set, a secret that is not opened). Nothing is wrong because of it. */
  readonly unsure: boolean;
  /** About so many characters as JSON. */
  readonly weight: number;
}

/** Nothing is there; `final` when no default may stand for it, because the reference itself is a mistake. */
export interface Missing {
  readonly missing: string;
  readonly final: boolean;
}

export type Found = Known | Missing;

/** Where references lead. */
export interface References {
  find(reference: Reference): Found;
}

/** Why an expression has no value, as a sentence that may follow the field it stands in. Never holds a value. */
export class TemplateProblem extends Error {}

/** Characters that may be filled in, all together: what bounds templates that refer to templates. */
export interface Budget {
  left: number;
}

export const MAX_FILLED = 8 * 1024 * 1024;

/** What an evaluation costs at least: its work, however short its result. */
const LEAST = 16;

export function charge(budget: Budget, weight: number): void {
  budget.left -= weight + LEAST;
  if (budget.left < 0) throw new TemplateProblem(`references fill in more than ${MAX_FILLED} characters`);
}

export const weightOf = (value: Value): number => {
  if (typeof value === 'string') return value.length + 2;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weightOf(item) + 1, 2);
  return 8;
};

export const known = (value: Value, more: Partial<Known> = {}): Known => ({
  value,
  secret: false,
  unsure: false,
  weight: weightOf(value),
  ...more,
});

/** What stands where nothing can be known. */
export const UNSURE = 'sample';

/** The value of an expression. Throws {@link TemplateProblem}. */
export function evaluate(pipeline: Pipeline, references: References, budget: Budget): Known {
  // Before anything is looked up: once there is too much, every further look would go all the way down again.
  charge(budget, 0);
  const head = operand(pipeline.head, references, budget);
  let at: Found = head;
  for (const call of pipeline.calls) at = apply(call, at, { subject: subjectOf(pipeline.head), references, budget });
  if ('missing' in at) throw new TemplateProblem(at.missing);
  charge(budget, at.weight);
  return at;
}

const subjectOf = (head: Operand): string => (head.type === 'reference' ? referenceText(head.reference) : 'the value');

function operand(given: Operand, references: References, budget: Budget): Found {
  switch (given.type) {
    case 'literal':
      return known(given.value);
    case 'reference':
      return references.find(given.reference);
    case 'pipeline':
      return evaluate(given.pipeline, references, budget);
  }
}

interface CallPlace {
  readonly subject: string;
  readonly references: References;
  readonly budget: Budget;
}

function apply(call: Call, input: Found, { subject, references, budget }: CallPlace): Found {
  if ('missing' in input && (input.final || (call.name !== 'default' && call.name !== 'required')))
    throw new TemplateProblem(input.missing);
  const args = call.args.map((arg) => {
    const found = operand(arg, references, budget);
    if ('missing' in found) throw new TemplateProblem(found.missing);
    return found;
  });
  const parts = 'missing' in input ? args : [input, ...args];
  const secret = parts.some((part) => part.secret);
  const unsure = parts.some((part) => part.unsure);
  try {
    const value = callFunction(
      call.name,
      'missing' in input ? undefined : input.value,
      args.map((arg) => arg.value),
    );
    const made = known(value, { secret, unsure });
    // What a function makes is work too, also when the next one throws it away.
    charge(budget, made.weight);
    return made;
  } catch (error) {
    if (!(error instanceof FunctionProblem)) throw error;
    if (unsure) return known(secret ? MASK : UNSURE, { secret, unsure });
    throw new TemplateProblem(`${subject}: ${error.message}`);
  }
}

/** A value as part of a text. */
export function asText({ value, unsure, secret }: Known, head: Operand): string {
  try {
    return textOf(value);
  } catch (error) {
    if (!(error instanceof FunctionProblem)) throw error;
    if (unsure) return secret ? MASK : UNSURE;
    throw new TemplateProblem(`${subjectOf(head)} is ${kindOf(value)} and cannot be part of a text; use join or toJson`);
  }
}
