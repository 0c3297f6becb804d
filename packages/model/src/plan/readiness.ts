import type { FieldCause } from '@slipway/kit';
import { z } from 'zod';
import { forbiddenField, invalidField, requiredField } from '../meta/causes.ts';
import { expressionTextSchema } from '../meta/expression-text.ts';
import { compileExpression } from '../meta/expression.ts';
import { parseLabelSelector } from '../meta/selectors.ts';

const target = {
  apiVersion: z.string().min(1).max(253),
  kind: z.string().min(1).max(63),
  /** For namespaced kinds; the layer's own namespace unless told. */
  namespace: z.string().min(1).max(253).optional(),
  /** One object. */
  name: z.string().min(1).max(253).optional(),
  /** Objects by label, in kubectl's form: `app=db,tier in (a,b)`. Without name and selector: every object of the kind in the namespace. */
  selector: z.string().min(1).max(1024).optional(),
  /** So many of the selected objects must be right. Unless told: all of them, and there must be one. */
  atLeast: z.number().int().min(1).max(10_000).optional(),
};

/** A condition of a live object, as in `kubectl wait --for=condition=…`. One that was written for an older generation does not count. */
export const conditionGateSchema = z.strictObject({
  type: z.literal('condition'),
  ...target,
  /** Type of the condition: `Available`. */
  condition: z.string().min(1).max(316),
  status: z.enum(['True', 'False', 'Unknown']).default('True'),
});

/** A CEL expression over a live object, which it calls `object`. A field that is not there yet means: not yet. */
export const expressionGateSchema = z.strictObject({
  type: z.literal('expression'),
  ...target,
  /** `object.status.readyReplicas == object.spec.replicas` */
  expression: expressionTextSchema,
});

/** What must hold, besides Helm's and Kubernetes' own readiness, before a layer is Ready and others may build on it. */
export const readinessGateSchema = z.discriminatedUnion('type', [conditionGateSchema, expressionGateSchema]);
export type ReadinessGate = z.infer<typeof readinessGateSchema>;

/** Gates of one layer. */
export const MAX_GATES = 20;
export const readinessSchema = z.array(readinessGateSchema).max(MAX_GATES);

/** A gate that came with a newer hub: a plan with one is good, but the layer cannot be called Ready by an agent that does not know it. */
export const unknownGateSchema = z.looseObject({ type: z.string() });
/** As gates stand in a plan. */
export const planGateSchema = z.union([readinessGateSchema, unknownGateSchema]);
export type PlanGate = z.infer<typeof planGateSchema>;

/** The gates this program can judge. The others are there, too: a layer with one of them is not Ready. */
export function knownGates(gates: readonly PlanGate[]): { readonly known: readonly ReadinessGate[]; readonly unknown: readonly string[] } {
  const known: ReadinessGate[] = [];
  const unknown: string[] = [];
  for (const gate of gates) {
    const parsed = readinessGateSchema.safeParse(gate);
    if (parsed.success) known.push(parsed.data);
    else unknown.push(gate.type);
  }
  return { known, unknown };
}

const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/i;
const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?v[0-9a-z]+$/;
const KIND = /^[A-Z][A-Za-z0-9]*$/;

/** What is wrong with the gates of a layer once variables are filled in. `path` is that of the list: `spec.versions[0].layers[3].readiness`. */
export function checkReadiness(gates: readonly ReadinessGate[], path: string): FieldCause[] {
  return gates.flatMap((gate, index) => checkGate(gate, `${path}[${index}]`));
}

function checkGate(gate: ReadinessGate, path: string): FieldCause[] {
  const causes = [...checkTarget(gate, path), ...checkSelection(gate, path)];
  if (gate.type === 'condition') return causes;
  const compiled = compileExpression(gate.expression, 'bool');
  return compiled.ok ? causes : [...causes, invalidField(`${path}.expression`, `is not a usable CEL expression: ${compiled.message}`)];
}

function checkTarget(gate: ReadinessGate, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  if (!API_VERSION.test(gate.apiVersion))
    causes.push(invalidField(`${path}.apiVersion`, 'must be a version such as v1, or a group with a version such as apps/v1'));
  if (!KIND.test(gate.kind)) causes.push(invalidField(`${path}.kind`, 'must be a kind such as Deployment: one word with a capital letter'));
  for (const field of ['namespace', 'name'] as const) {
    const value = gate[field];
    if (value !== undefined && !NAME.test(value))
      causes.push(invalidField(`${path}.${field}`, 'must be the name of an object: letters, digits, "-" and "."'));
  }
  return causes;
}

function checkSelection(gate: ReadinessGate, path: string): FieldCause[] {
  if (gate.name !== undefined) {
    const surplus = (['selector', 'atLeast'] as const).filter((field) => gate[field] !== undefined);
    return surplus.map((field) => forbiddenField(`${path}.${field}`, 'is for several objects; this gate names one'));
  }
  if (gate.selector === undefined) return [];
  try {
    const terms = parseLabelSelector(gate.selector);
    return terms.length > 0
      ? []
      : [requiredField(`${path}.selector`, 'must select something; leave it out to take every object of the kind')];
  } catch (error) {
    return [invalidField(`${path}.selector`, error instanceof Error ? error.message : String(error))];
  }
}

/** `Deployment web`, `Pod with app=db`, `every Certificate`: for sentences about a gate. */
export function gateSubject(gate: ReadinessGate): string {
  const where = gate.namespace === undefined ? '' : ` in namespace ${gate.namespace}`;
  if (gate.name !== undefined) return `${gate.kind} ${gate.name}${where}`;
  return gate.selector === undefined ? `every ${gate.kind}${where}` : `${gate.kind} with ${gate.selector}${where}`;
}
