import { isRecord, type PathStep, splitPath, valueAt } from '@slipway/model';
import { checkValues } from '../values/check-values.ts';
import { dottedSteps, type Layout } from './layout.ts';
import { hasPaletteReference } from './references.ts';
import type { Ledger } from './report.ts';
import { readRule, type ValueRule } from './schema-format.ts';

type Schema = Record<string, unknown>;

export interface SchemaInput {
  readonly schema: Ledger;
  readonly layout: Layout;
  /** values.yaml. */
  readonly values: unknown;
  /** The same where they lie in the pack that is made. */
  readonly placed: unknown;
}

const TODO = 'Write it in values.schema.json of the pack.';

/** schema.yaml as a JSON Schema of the values of the pack that is made; undefined when nothing of it is left. */
export async function readSchema({ schema: ledger, layout, values, placed }: SchemaInput): Promise<Schema | undefined> {
  const root: Schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' };
  if (!isRecord(ledger.value)) return undefined;
  const leaves = new Map<Schema, readonly PathStep[]>();
  for (const [path, content] of Object.entries(ledger.value)) {
    const template = isRecord(content) ? content['schema'] : undefined;
    if (typeof template !== 'string') continue;
    const at = [path, 'schema'];
    const rule = readRule(template);
    const own = dottedSteps(path, values);
    const steps = layout.place(own);
    if (rule === undefined || steps === undefined || steps.length === 0) {
      const what =
        rule === undefined
          ? 'a rule that cannot be read was left out'
          : 'is a rule for something that is no value of a chart or manifest here';
      ledger.report(at, what, TODO);
      continue;
    }
    ledger.take(...at);
    for (const problem of rule.problems) ledger.report(at, problem, TODO);
    const leaf = leafAt(root, steps, rule.required);
    const value = valueAt(
      values,
      own.map((step) => (step === '$[]' ? 0 : step)),
    );
    Object.assign(
      leaf,
      leafSchema(rule, value, (what, todo) => ledger.report(at, what, todo)),
    );
    leaves.set(leaf, at);
  }
  if (!isRecord(root['properties'])) return undefined;
  await relaxWhereUnfit({ root, placed, leaves, ledger });
  return root;
}

function leafAt(root: Schema, steps: readonly PathStep[], required: boolean): Schema {
  let at = root;
  for (const step of steps) {
    if (step === '$[]') {
      at['type'] = 'array';
      if (required) at['minItems'] = 1;
      at = below(at, 'items');
      continue;
    }
    at['type'] ??= 'object';
    if (required) at['required'] = [...new Set([...((at['required'] as string[] | undefined) ?? []), String(step)])];
    at = below(below(at, 'properties'), String(step));
  }
  return at;
}

function below(schema: Schema, key: string): Schema {
  const next = Object.hasOwn(schema, key) ? schema[key] : undefined;
  if (isRecord(next)) return next;
  const made: Schema = {};
  // Also for a key like __proto__, which an assignment would take for something else.
  Object.defineProperty(schema, key, { value: made, enumerable: true, writable: true, configurable: true });
  return made;
}

function leafSchema(rule: ValueRule, value: unknown, complain: (what: string, todo: string) => void): Schema {
  const schema: Schema = { ...rule.schema, ...(rule.hints.length === 0 ? {} : { description: rule.hints.join('\n') }) };
  if (rule.required && schema['type'] === 'string' && schema['pattern'] === undefined && schema['format'] === undefined)
    schema['minLength'] = 1;
  if (!rule.readOnly) return schema;
  schema['readOnly'] = true;
  if (value === undefined || refers(value))
    complain('a read-only value without a fixed value of its own can be set here', 'Set it by an immutable variable of the profile.');
  else schema['const'] = value;
  return schema;
}

const refers = (value: unknown): boolean => hasPaletteReference(JSON.stringify(value) ?? '');

/** What a relaxed rule keeps: that the value must be there, what it is for, and that it stays as it is. */
const KEPT = new Set(['description', 'readOnly', 'const', 'properties', 'items', 'required']);

interface Relaxing {
  readonly root: Schema;
  readonly placed: unknown;
  /** Schemas of single values, and where their rules stand. */
  readonly leaves: ReadonlyMap<Schema, readonly PathStep[]>;
  readonly ledger: Ledger;
}

/** A pack whose own values break its rules could never be used: such a rule is told, and dropped. Values that are empty wait for the user. */
async function relaxWhereUnfit({ root, placed, leaves, ledger }: Relaxing): Promise<void> {
  const relax = (leaf: Schema, what: string): void => {
    for (const key of Object.keys(leaf)) if (!KEPT.has(key)) delete leaf[key];
    ledger.report(leaves.get(leaf) ?? [], what, 'Mend the rule or the value, and import again.');
  };
  const { causes } = await checkValues(structuredClone(root), placed ?? {}, { path: '' });
  for (const { field, reason, message } of causes) {
    if (field === '') {
      // Not a single value: the rules as a whole cannot be worked with.
      for (const leaf of leaves.keys()) if ('pattern' in leaf) relax(leaf, `the rules ${message}`);
      continue;
    }
    const steps = splitPath(field) ?? [];
    const leaf = schemaAt(root, steps);
    if (reason === 'FieldValueRequired' || leaf === undefined || !leaves.has(leaf)) continue;
    const value = valueAt(placed, steps);
    if (value !== '' && value !== null && !refers(value))
      relax(leaf, "the pack's own value does not satisfy this rule, so only what is required of it is checked");
  }
}

function schemaAt(root: Schema, steps: readonly PathStep[]): Schema | undefined {
  let at: unknown = root;
  for (const step of steps) {
    if (!isRecord(at)) return undefined;
    const properties: unknown = at['properties'];
    at = typeof step === 'number' ? at['items'] : isRecord(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
  }
  return isRecord(at) ? at : undefined;
}
