import { dereference, type Schema, type SchemaDraft } from '@cfworker/json-schema';

// Runs in the thread of schemas, so it imports no more than it needs: the whole model would take a second and half of the thread's memory.

export type Steps = readonly (string | number)[];
/** Something about a place in a schema or in values. */
export interface Remark {
  readonly steps: Steps;
  readonly message: string;
}

export interface PreparedSchema {
  readonly schema: Schema | boolean;
  readonly draft: SchemaDraft;
  readonly lookup: ReturnType<typeof dereference>;
  /** Parts that are not checked, and why. */
  readonly remarks: readonly Remark[];
}

/** The draft that a `$schema` names; charts that name none, or none that is known, mean draft-07. */
export function draftOf(schema: unknown): SchemaDraft {
  const text = isMapping(schema) ? String(schema['$schema'] ?? '') : '';
  if (text.includes('2020-12')) return '2020-12';
  if (text.includes('2019-09')) return '2019-09';
  return text.includes('draft-04') ? '4' : '7';
}

/**
 * A schema of somebody else's, made fit for checking: nothing is ever fetched, so a reference to another place accepts anything, and so does a pattern that ECMAScript does not
 * know (Go's `(?i)`). Both are told in `remarks`. The schema itself is changed.
 */
export function prepareSchema(schema: unknown): PreparedSchema {
  if (typeof schema !== 'boolean' && !isMapping(schema)) throw new Error('it is neither an object nor true or false');
  const remarks: Remark[] = [];
  walk(schema, (part, steps) => mendPatterns(part, steps, remarks));
  const lookup = dereference(schema as Schema | boolean);
  walk(schema, (part, steps) => dropStrangers(part, steps, { lookup, remarks }));
  return { schema: schema as Schema | boolean, draft: draftOf(schema), lookup, remarks };
}

/** Every object of the schema, whether it is a schema or only lies in one. */
function walk(root: unknown, visit: (part: Record<string, unknown>, steps: Steps) => void): void {
  const open: { part: unknown; steps: Steps }[] = [{ part: root, steps: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { part, steps } = next;
    if (Array.isArray(part)) part.forEach((item: unknown, index) => open.push({ part: item, steps: [...steps, index] }));
    else if (isMapping(part)) {
      visit(part, steps);
      for (const [key, value] of Object.entries(part)) if (typeof value === 'object') open.push({ part: value, steps: [...steps, key] });
    }
  }
}

function mendPatterns(part: Record<string, unknown>, steps: Steps, remarks: Remark[]): void {
  const { pattern, patternProperties } = part;
  if (typeof pattern === 'string' && !isPattern(pattern)) {
    delete part['pattern'];
    remarks.push({ steps: [...steps, 'pattern'], message: 'is not a regular expression of ECMAScript, so it is not checked' });
  }
  if (!isMapping(patternProperties)) return;
  for (const key of Object.keys(patternProperties)) {
    if (isPattern(key)) continue;
    delete patternProperties[key];
    remarks.push({
      steps: [...steps, 'patternProperties', key],
      message: 'is not a regular expression of ECMAScript, so it is not checked',
    });
  }
}

function isPattern(text: string): boolean {
  try {
    void new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

interface References {
  readonly lookup: ReturnType<typeof dereference>;
  readonly remarks: Remark[];
}

/** A `$ref` that leads nowhere in this schema is taken away: what is beside it still counts. */
function dropStrangers(part: Record<string, unknown>, steps: Steps, { lookup, remarks }: References): void {
  const ref = part['$ref'];
  const { __absolute_ref__: absolute } = part as { __absolute_ref__?: string };
  // Without an absolute one it lies where no schema is read, such as an example.
  if (typeof ref !== 'string' || absolute === undefined || lookup[absolute] !== undefined) return;
  delete part['$ref'];
  const why = ref.startsWith('#') ? 'leads to nothing in the schema' : 'leads to another place, which is never fetched';
  remarks.push({ steps: [...steps, '$ref'], message: `"${ref.slice(0, 200)}" ${why}; what it would check is not checked` });
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
