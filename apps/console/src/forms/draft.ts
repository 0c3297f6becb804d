import { readStored, store } from '../state/stored.ts';
import { editYaml, parsed } from '../yaml/edit-yaml.ts';
import { fieldsOf, type OpenApi, resolved, type Schema } from '../yaml/schema.ts';

/** What somebody has written and not saved, kept by this browser until it is saved or thrown away. */
export interface Draft {
  readonly text: string;
  /** What it was begun from; empty for a new object. */
  readonly base: string;
}

export function readDraft(address: string): Draft | undefined {
  const kept = readStored(`draft.${address}`);
  if (kept === undefined) return undefined;
  try {
    const { text, base } = JSON.parse(kept) as Partial<Draft>;
    return typeof text === 'string' && typeof base === 'string' ? { text, base } : undefined;
  } catch {
    return undefined;
  }
}

export const keepDraft = (address: string, draft: Draft | undefined): void =>
  store(`draft.${address}`, draft === undefined ? undefined : JSON.stringify(draft));

const MASK = '***';

/** The text without what must not lie around in a browser: secrets that were typed are not kept, those of the hub are masked already. */
export function withoutSecrets(text: string, document: OpenApi, schema: Schema): string {
  let bare: unknown;
  try {
    bare = parsed(text).toJS();
  } catch {
    // Somebody is in the middle of a line: where the kind has secrets, whether there is one in it cannot be told.
    return JSON.stringify(schema).includes('"format":"password"') ? '' : text;
  }
  return secretsIn(document, schema, bare, []).reduce((kept, path) => editYaml(kept, path, undefined), text);
}

function secretsIn(
  document: OpenApi,
  schema: Schema,
  value: unknown,
  path: readonly (string | number)[],
): (readonly (string | number)[])[] {
  const { format, items, additionalProperties } = resolved(document, schema);
  if (format === 'password') return value === MASK || value === undefined ? [] : [path];
  if (Array.isArray(value))
    return items === undefined ? [] : value.flatMap((item, index) => secretsIn(document, items, item, [...path, index])).toReversed();
  if (value === null || typeof value !== 'object') return [];
  const fields = fieldsOf(document, schema);
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = fields[key] ?? others;
    return field === undefined ? [] : secretsIn(document, field, inner, [...path, key]);
  });
}
