import { z } from 'zod';
import { defineKind, type Kind, type KindInput } from './define-kind.ts';

/** Where a thing that may live at several levels lives, narrowest first. */
export const SCOPES = ['project', 'tenant', 'system'] as const;
export type Scope = (typeof SCOPES)[number];

const PREFIX: Readonly<Record<Scope, string>> = { project: 'Project', tenant: '', system: 'System' };
const WHERE: Readonly<Record<Scope, string>> = {
  project: 'Of one project.',
  tenant: 'Of the whole tenant; every project reads it.',
  system: 'Of this installation; every tenant reads it.',
};

/** The scope of what a reference names; the tenant's when it does not say. Never "the nearest": a project could then change what others meant. */
export const scopeSchema = z.enum(SCOPES).default('tenant');

/** `ProjectMacro` for the family `Macro` in a project: Kubernetes knows no kind that is both in namespaces and outside them. */
export const kindAt = (family: string, scope: Scope): string => `${PREFIX[scope]}${family}`;

/** Whether something at one scope may refer to something at another: to its own and to wider ones, so that nothing depends on what its reader cannot see. */
export const mayRefer = (from: Scope, to: Scope): boolean => SCOPES.indexOf(from) <= SCOPES.indexOf(to);

/** The kinds of one family, each like the others but for where it lives. */
export interface ScopedKinds<Spec = any, Status = any> {
  readonly family: string;
  readonly all: readonly Kind<Spec, Status>[];
  at(scope: Scope): Kind<Spec, Status>;
}

export type ScopedKindInput<Spec, Status> = Omit<KindInput<Spec, Status>, 'scope' | 'visibleBelow' | 'singular' | 'family'> & {
  readonly scopes: readonly Scope[];
};

/**
 * Defines a family: one folder, one definition, a kind for each scope. What is wider than a project is read-only below.
 *
 * @example export const macroKinds = defineScopedKinds<MacroSpec, MacroStatus>({ kind: 'Macro', plural: 'macros', scopes: SCOPES, … })
 */
export function defineScopedKinds<Spec, Status>(input: ScopedKindInput<Spec, Status>): ScopedKinds<Spec, Status> {
  const { scopes, ...same } = input;
  const all = scopes.map((scope) => {
    const prefix = PREFIX[scope].toLowerCase();
    return defineKind<Spec, Status>({
      ...same,
      kind: kindAt(input.kind, scope),
      plural: `${prefix}${input.plural}`,
      shortNames: (input.shortNames ?? []).map((name) => `${prefix.slice(0, 1)}${name}`),
      scope,
      family: input.kind,
      visibleBelow: scope !== 'project',
      description: `${input.description} ${WHERE[scope]}`,
    });
  });
  return {
    family: input.kind,
    all,
    at(scope) {
      const found = all.find((kind) => kind.scope === scope);
      if (found === undefined) throw new Error(`${input.kind} does not live at the scope ${scope}.`);
      return found;
    },
  };
}

/** The scope that the name of a family's kind says. */
export function scopeOfKind(family: string, kind: string): Scope {
  const found = SCOPES.find((scope) => kindAt(family, scope) === kind);
  if (found === undefined) throw new Error(`${kind} is no kind of the family ${family}.`);
  return found;
}
