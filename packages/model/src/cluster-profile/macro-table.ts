import type { ProfileVersion } from './cluster-profile.ts';
import type { Scope } from '../meta/scopes.ts';
import { segmentsOf } from '../template/parse.ts';
import type { Operand, Pipeline, Reference } from '../template/syntax.ts';

/** A macro as one cluster sees it. */
export interface MacroValue {
  /** Undefined for a secret that is not opened here. */
  readonly value: string | undefined;
  readonly secret: boolean;
  /** Where the one that won lives. */
  readonly scope?: Scope;
}

/** By name; of several scopes the narrowest has won already. */
export type MacroTable = Readonly<Record<string, MacroValue>>;

/** Every reference in the strings of a value, keys included. */
export function referencesIn(value: unknown, found: Reference[] = []): Reference[] {
  if (typeof value === 'string') {
    for (const segment of segmentsOf(value)) if (segment.type === 'expression') collect(segment.pipeline, found);
  } else if (Array.isArray(value)) {
    for (const item of value) referencesIn(item, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key.includes('{{')) referencesIn(key, found);
      referencesIn(item, found);
    }
  }
  return found;
}

function collect({ head, calls }: Pipeline, found: Reference[]): void {
  const add = (operand: Operand): void => {
    if (operand.type === 'reference') found.push(operand.reference);
    else if (operand.type === 'pipeline') collect(operand.pipeline, found);
  };
  add(head);
  for (const { args } of calls) args.forEach(add);
}

/** What strings refer to besides variables and layers. */
export interface Uses {
  readonly macros: readonly string[];
  readonly facts: readonly string[];
}

const usesOfVersion = new WeakMap<ProfileVersion, Uses>();

/** What a profile version refers to. */
export function usesOf(version: ProfileVersion): Uses {
  const known = usesOfVersion.get(version);
  if (known !== undefined) return known;
  const uses = usesIn([version.variables.map((variable) => variable.default), version.layers]);
  // What may still change must be looked at again.
  if (Object.isFrozen(version)) usesOfVersion.set(version, uses);
  return uses;
}

/** What the strings of a value refer to. */
export function usesIn(value: unknown): Uses {
  const references = referencesIn(value);
  const names = (root: Reference['root']) => [...new Set(references.filter((one) => one.root === root).map(({ name }) => name))];
  return { macros: names('macro'), facts: names('cluster') };
}
