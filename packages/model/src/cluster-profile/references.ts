import type { FieldCause } from '@slipway/kit';
import { listOf } from '../meta/causes.ts';
import { MASK } from '../meta/mask.ts';
import { valueAt } from '../meta/value-path.ts';
import type { Budget, Found, Known, References } from '../template/evaluate.ts';
import { known, TemplateProblem, UNSURE, weightOf } from '../template/evaluate.ts';
import { fill } from '../template/fill.ts';
import { type Reference, referenceText } from '../template/syntax.ts';
import { CLUSTER_FACTS, type ClusterFact } from './cluster-facts.ts';
import type { MacroTable } from './macro-table.ts';

/** Values of a layer as other layers see them. */
export interface LayerTexts {
  readonly values: unknown;
  readonly namespace: string;
  readonly version: string | undefined;
  /** Where its values are written, for causes. */
  readonly path: string;
  /** How references in it are read: as in its own profile. */
  readonly references: () => References;
  /** Not all of its values are known here: it has a pack that was not read. */
  readonly partly: boolean;
}

export interface ReferenceInput {
  /** Of variables that are declared where the reference stands. */
  readonly variables: ReadonlyMap<string, Known>;
  readonly declared: readonly string[];
  readonly macros: MacroTable;
  /** What is not named here is not known. */
  readonly facts: Readonly<Partial<Record<ClusterFact, string | (() => Known)>>>;
  readonly layers: ReadonlyMap<string, LayerTexts>;
  /** Not the whole stack: a layer that is missing may come with the rest. */
  readonly partial: boolean;
  /** No cluster yet: which macros there will be is not known. */
  readonly unset: boolean;
  readonly budget: Budget;
  readonly causes: FieldCause[];
  readonly secretTexts: Set<string>;
  /** What is being looked up, outermost first, and what was found: shared by everything that looks up together. */
  readonly trail: string[];
  readonly seen: Map<string, Found>;
}

/** Layers that refer to layers that refer to layers. */
const MAX_TRAIL = 50;

const unsure: Known = known(UNSURE, { unsure: true });
const mistake = (missing: string): Found => ({ missing, final: true });
const absent = (missing: string): Found => ({ missing, final: false });

/** Where the references of one profile's layers lead. */
export function createReferences(input: ReferenceInput): References {
  const find = (reference: Reference): Found => {
    switch (reference.root) {
      case 'var':
        return into(reference, variable(reference.name, input));
      case 'macro':
        return into(reference, macro(reference.name, input));
      case 'cluster':
        return into(reference, fact(reference.name, input));
      case 'layer':
        return layer(reference, input);
    }
  };
  return { find };
}

function variable(name: string, { variables, declared }: ReferenceInput): Found {
  const found = declared.includes(name) ? variables.get(name) : undefined;
  return found ?? mistake(`uses the variable "${name}", which the profile does not declare; it declares: ${listOf(declared)}`);
}

function macro(name: string, { macros, unset }: ReferenceInput): Found {
  const found = Object.hasOwn(macros, name) ? macros[name] : undefined;
  if (found === undefined)
    return unset ? unsure : absent(`uses the macro "${name}", which is neither in the project nor in the tenant nor in this installation`);
  if (found.value === undefined) return known(MASK, { secret: true, unsure: true });
  return known(found.value, { secret: found.secret });
}

function fact(name: string, input: ReferenceInput): Found {
  if (!(CLUSTER_FACTS as readonly string[]).includes(name))
    return mistake(`uses the fact "${name}" of the cluster, which there is not; there are: ${listOf(CLUSTER_FACTS)}`);
  const found = input.facts[name as ClusterFact];
  if (found === undefined) return unsure;
  return typeof found === 'string' ? known(found) : within(`.cluster.${name}`, input, found);
}

function layer(reference: Reference, input: ReferenceInput): Found {
  const [field, ...path] = reference.path;
  const found = input.layers.get(reference.name);
  if (found === undefined) {
    if (input.partial) return unsure;
    return absent(`refers to the layer "${reference.name}", which there is not; there are: ${listOf([...input.layers.keys()])}`);
  }
  if (field === 'namespace' && path.length === 0) return known(found.namespace);
  if (field === 'version' && path.length === 0 && found.version !== undefined) return filledAt(found, found.version, reference, input);
  if (field !== 'values') return mistake(`refers to ${referenceText(reference)}; of a layer there are values, namespace and version`);
  const raw = valueAt(found.values, path);
  if (raw !== undefined) return filledAt(found, raw, reference, input);
  if (found.partly) return unsure;
  return absent(`refers to ${referenceText(reference)}, where that layer has no value`);
}

/** A part of another layer's values with its own references filled in. */
function filledAt(found: LayerTexts, raw: unknown, reference: Reference, input: ReferenceInput): Found {
  const name = referenceText(reference);
  const before = input.seen.get(name);
  if (before !== undefined) return before;
  const made = within(name, input, (): Found => {
    const causes: FieldCause[] = [];
    const {
      value,
      secret,
      unsure: stand,
      weight,
    } = fill(raw, found.path, {
      references: found.references(),
      budget: input.budget,
      causes,
      secretTexts: input.secretTexts,
    });
    const [cause] = causes;
    return cause ? mistake(`refers to ${name}, which ${cause.message}`) : { value, secret, unsure: stand, weight };
  });
  input.seen.set(name, made);
  return made;
}

/** Looks something up that looks further things up; a circle ends with the names of all that are in it. */
function within<T>(name: string, { trail }: ReferenceInput, look: () => T): T {
  if (trail.includes(name)) throw new TemplateProblem(`goes in a circle: ${[...trail.slice(trail.indexOf(name)), name].join(' → ')}`);
  if (trail.length >= MAX_TRAIL) throw new TemplateProblem(`leads through more than ${MAX_TRAIL} other references`);
  trail.push(name);
  try {
    return look();
  } finally {
    trail.pop();
  }
}

/** The way into a value that is there. */
function into(reference: Reference, found: Found): Found {
  if ('missing' in found || reference.path.length === 0) return found;
  const value = valueAt(found.value, reference.path);
  if (value !== undefined) return { ...found, value, weight: weightOf(value) };
  return found.unsure ? found : absent(`refers to ${referenceText(reference)}, where there is nothing`);
}
