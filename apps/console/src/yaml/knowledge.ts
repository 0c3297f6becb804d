import type { Knowledge, Suggestion } from '@slipway/ui/code-editor';
import { fieldsOf, type OpenApi, resolved, type Schema, schemaAt, typeWords } from './schema.ts';

/** Where in a text somebody is: in which map, at which key, and whether behind its colon. */
export interface Spot {
  /** Of the map; lists count as 0, for schemas are the same for every item. */
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly keyFrom: number;
  readonly value?: { readonly text: string; readonly from: number };
}

const LINE = /^(\s*)((?:-\s+)*)([\w./"'-]*)(?::(?:\s+(.*))?)?$/;

/** By indentation, for while somebody types the text is seldom whole. */
export function spotAt(text: string, at: number): Spot | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const match = LINE.exec(text.slice(start, at));
  if (match === null) return undefined;
  const [, indent = '', dashes = '', key = '', value] = match;
  const column = indent.length + dashes.length;
  const behind = text.slice(start + column + key.length, at).startsWith(':');
  return {
    path: pathAbove(text.slice(0, start).split('\n').slice(0, -1), column, dashes === '' ? undefined : indent.length),
    key: key.replaceAll(/["']/g, ''),
    keyFrom: start + column,
    ...(behind ? { value: { text: value ?? '', from: at - (value ?? '').length } } : {}),
  };
}

function pathAbove(lines: readonly string[], column: number, dash: number | undefined): (string | number)[] {
  const path: (string | number)[] = dash === undefined ? [] : [0];
  // A key belongs to what is further left; an item also to what is at its dash.
  let limit = dash === undefined ? column : dash + 1;
  for (const line of lines.toReversed()) {
    const match = /^(\s*)((?:-\s+)*)(?:([\w./"'-]+):(?:\s.*)?)?$/.exec(line);
    if (match === null || line.trim() === '' || line.trim().startsWith('#')) continue;
    const [, indent = '', dashes = '', key] = match;
    const at = indent.length + dashes.length;
    if (dashes !== '' && at === limit && typeof path[0] !== 'number') {
      path.unshift(0);
      limit = indent.length + 1;
    } else if (key !== undefined && at < limit) {
      path.unshift(key.replaceAll(/["']/g, ''));
      limit = at;
      if (dashes !== '') {
        path.unshift(0);
        limit = indent.length + 1;
      }
    }
    if (limit === 0) break;
  }
  return path;
}

/** What an editor may say of objects of a kind, from the schema that the hub serves. */
export function knowledgeOf(document: OpenApi, schema: Schema): Knowledge {
  return {
    complete(text, at) {
      const spot = spotAt(text, at);
      if (spot === undefined) return undefined;
      if (spot.value !== undefined) {
        const options = valuesOf(document, schemaAt(document, schema, [...spot.path, spot.key]));
        return options.length === 0 ? undefined : { from: spot.value.from, options };
      }
      const map = schemaAt(document, schema, spot.path);
      if (map === undefined) return undefined;
      const required = new Set(resolved(document, map).required);
      const options = Object.entries(fieldsOf(document, map)).map(([name, field]): Suggestion => ({
        label: name,
        detail: `${typeWords(document, field)}${required.has(name) ? ', required' : ''}`,
        info: resolved(document, field).description,
        apply: `${name}:${/^(object|array)$/.test(resolved(document, field).type ?? '') ? '' : ' '}`,
      }));
      return options.length === 0 ? undefined : { from: spot.keyFrom, options };
    },
    explain(text, at) {
      const end = at + (/^[\w.-]*/.exec(text.slice(at))?.[0].length ?? 0);
      const spot = spotAt(text, end);
      if (spot === undefined || spot.key === '' || spot.value !== undefined) return undefined;
      const field = schemaAt(document, schema, [...spot.path, spot.key]);
      if (field === undefined) return undefined;
      const words = [resolved(document, field).description, typeWords(document, field)].filter(Boolean).join(' · ');
      return { from: spot.keyFrom, to: end, text: words };
    },
  };
}

function valuesOf(document: OpenApi, schema: Schema | undefined): Suggestion[] {
  if (schema === undefined) return [];
  const { enum: values, type, default: usual } = resolved(document, schema);
  const all = values ?? (type === 'boolean' ? [true, false] : []);
  return all.map((value) => ({ label: String(value), detail: value === usual ? 'default' : undefined }));
}
