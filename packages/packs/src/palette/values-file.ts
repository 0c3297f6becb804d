import { deepEqual, isRecord, mergeValues, readYaml, type Values } from '@slipway/model';
import { type Document, parseDocument, stringify } from 'yaml';

/** A chart's values.yaml with other values in their places. Its comments and order stay where that can be done. */
export function withValues(text: string, values: Values): string {
  const before = readYaml(text, 'values.yaml', { duplicates: 'last' });
  const wanted = mergeValues(isRecord(before) ? before : {}, values);
  if (deepEqual(before ?? {}, wanted)) return text;
  try {
    // Bounded by the reading before.
    const document: Document = parseDocument(text, { uniqueKeys: false });
    if (document.contents === null) return stringify(wanted);
    set(document, [], isRecord(before) ? before : {}, values);
    const edited = document.toString({ lineWidth: 0 });
    if (deepEqual(readYaml(edited, 'values.yaml', { duplicates: 'last' }), wanted)) return edited;
  } catch {
    // Anchors and keys that come twice cannot always be edited in place.
  }
  return stringify(wanted);
}

function set(document: Document, steps: readonly string[], before: Values, values: Values): void {
  for (const [key, value] of Object.entries(values)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isRecord(old) && isRecord(value)) set(document, [...steps, key], old, value);
    else if (!Object.hasOwn(before, key) || !deepEqual(old, value)) document.setIn([...steps, key], document.createNode(value));
  }
}

/** A chart's own schema and another one together. References in the chart's own one go on meaning itself. */
export function bothSchemas(own: unknown, more: Readonly<Record<string, unknown>> | undefined): unknown {
  if (own === undefined || more === undefined) return own ?? more;
  if (!isRecord(own)) return { allOf: [own, more] };
  const { $schema, ...rest } = own;
  const { $schema: _draft, ...rules } = more;
  return {
    $schema: $schema ?? 'http://json-schema.org/draft-07/schema#',
    allOf: [{ $id: 'https://slipway.dev/schemas/chart.json', ...rest }, rules],
  };
}
