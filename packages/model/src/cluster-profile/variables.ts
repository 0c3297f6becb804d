import type { FieldCause } from '@slipway/kit';
import { forbiddenField, invalidField, listOf, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { looksSecret, MASK } from '../meta/mask.ts';
import { type Budget, type Found, type Known, known, type References, TemplateProblem } from '../template/evaluate.ts';
import { fill } from '../template/fill.ts';
import type { Reference } from '../template/syntax.ts';
import type { Declared } from './stack.ts';
import { checkValue } from './variable-value.ts';
import { expected } from './variable-words.ts';
import type { Variable, VariableValue } from './variable.ts';

export interface VariablesInput {
  readonly declared: readonly Declared[];
  readonly given: Readonly<Record<string, VariableValue>>;
  /** Path of the given ones in causes. */
  readonly path: string;
  /** Values of the secret ones; undefined where they are not opened. */
  readonly secrets: Readonly<Record<string, string>> | undefined;
  /** No cluster has given anything: what has no default is not known. */
  readonly unset: boolean;
  /** Where references to macros and to the cluster lead. */
  readonly others: References;
  readonly budget: Budget;
  readonly causes: FieldCause[];
  readonly secretTexts: Set<string>;
}

/**
 * Every variable with its value: given ones and defaults, with the references in them filled in and then checked. What is wrong goes to `causes`, with the place of the
 * value: `spec.variables.replicas`, or the default in the profile.
 */
export function resolveVariables(input: VariablesInput): ReadonlyMap<string, Known> {
  const { declared, given, path, causes } = input;
  const names = new Set(declared.map(({ variable }) => variable.name));
  for (const name of Object.keys(given)) {
    if (names.has(name)) continue;
    causes.push(forbiddenField(joinPath(path, name), `the profile has no variable "${name}"; it has: ${listOf([...names])}`));
  }
  const run = new Run(input);
  for (const { variable } of declared) run.value(variable.name);
  return run.values;
}

class Run {
  readonly values = new Map<string, Known>();
  private readonly byName: ReadonlyMap<string, Declared>;
  private readonly trail: string[] = [];
  private readonly input: VariablesInput;

  constructor(input: VariablesInput) {
    this.input = input;
    this.byName = new Map(input.declared.map((declared) => [declared.variable.name, declared]));
  }

  /** Undefined when there is no such variable. */
  value(name: string): Known | undefined {
    const done = this.values.get(name);
    if (done !== undefined) return done;
    const declared = this.byName.get(name);
    if (declared === undefined) return undefined;
    if (this.trail.includes(name)) {
      const circle = [...this.trail.slice(this.trail.indexOf(name)), name].join(' → ');
      throw new TemplateProblem(`refers to itself in a circle: ${circle}`);
    }
    this.trail.push(name);
    const value = this.made(declared);
    this.trail.pop();
    this.values.set(name, value);
    if (value.secret || looksSecret(name)) this.input.secretTexts.add(String(value.value));
    return value;
  }

  private made(declared: Declared): Known {
    const { variable } = declared;
    const { given, path, causes, unset } = this.input;
    const field = joinPath(path, variable.name);
    const isGiven = Object.hasOwn(given, variable.name);
    const misplaced = isGiven ? misplacement(variable) : undefined;
    if (misplaced !== undefined) causes.push(forbiddenField(field, misplaced));
    if (variable.type === 'secret') return this.secret(variable);
    if (isGiven && misplaced === undefined) return this.filled(variable, given[variable.name] as VariableValue, field);
    if (variable.default !== undefined) return this.filled(variable, variable.default, joinPath(declared.path, 'default'));
    if (unset) return known(sampleValue(variable), { unsure: true });
    if (!variable.required) return known(zeroOf(variable));
    causes.push(requiredField(field, `is required: ${expected(variable)}`));
    return known(sampleValue(variable), { unsure: true });
  }

  private filled(variable: Variable, raw: VariableValue, field: string): Known {
    const { budget, causes, secretTexts } = this.input;
    const before = causes.length;
    const references: References = { find: (reference) => this.find(reference) };
    const filled = fill(raw, field, { references, budget, causes, secretTexts });
    const made = known(filled.value, { secret: filled.secret, unsure: filled.unsure, weight: filled.weight });
    if (made.unsure || causes.length > before) return { ...made, unsure: true };
    const problem = checkValue(variable, made.value as VariableValue);
    if (problem === undefined) return made;
    causes.push(invalidField(field, problem));
    return { ...made, unsure: true };
  }

  private find(reference: Reference): Found {
    if (reference.root === 'layer')
      return { missing: 'refers to a layer; a variable can refer to variables, macros and the cluster', final: true };
    if (reference.root !== 'var') return this.input.others.find(reference);
    if (reference.path.length > 0) return { missing: `goes into the variable "${reference.name}"; only layers can`, final: true };
    const found = this.value(reference.name);
    if (found !== undefined) return found;
    return {
      missing: `uses the variable "${reference.name}", which the profile does not declare; it declares: ${listOf([...this.byName.keys()])}`,
      final: true,
    };
  }

  private secret(variable: Variable): Known {
    const { secrets, causes } = this.input;
    if (secrets === undefined) return known(MASK, { secret: true, unsure: true });
    const value = Object.hasOwn(secrets, variable.name) ? secrets[variable.name] : undefined;
    const field = joinPath('spec.secretVariables', variable.name);
    if (value === undefined) {
      if (variable.required) causes.push(requiredField(field, `is required: ${expected(variable)}`));
      return known('', { secret: true, unsure: variable.required });
    }
    const problem = checkValue(variable, value);
    if (problem !== undefined) causes.push(invalidField(field, problem));
    return known(value, { secret: true });
  }
}

/** Why a cluster may not give this variable among the others. */
function misplacement({ name, type, readOnly }: Variable): string | undefined {
  if (type === 'secret') return `is a secret: give it in spec.secretVariables.${name}, where nobody can read it`;
  return readOnly ? 'is read-only: the profile says what it is' : undefined;
}

/** A value that satisfies the variable as far as can be told, for checking a profile whose required variables nobody has set yet. */
export function sampleValue(variable: Variable): VariableValue {
  return variable.default ?? SAMPLES[variable.type] ?? zeroOf(variable);
}

const SAMPLES: Partial<Record<Variable['type'], VariableValue>> = {
  string: 'sample',
  multiline: 'sample',
  secret: 'sample',
  version: '1.0.0',
  ipv4: '192.0.2.1',
  ipv4cidr: '192.0.2.0/24',
  ipv6: '2001:db8::1',
  ipv6cidr: '2001:db8::/64',
  base64: 'c2FtcGxl',
};

/** What an optional variable is that nobody set. */
export function zeroOf(variable: Variable): VariableValue {
  if (variable.type === 'number') return Math.min(Math.max(0, variable.min ?? 0), variable.max ?? Number.POSITIVE_INFINITY);
  if (variable.type === 'boolean') return false;
  if (variable.type === 'list') return [];
  return variable.type === 'enum' ? (variable.options?.[0] ?? '') : '';
}
