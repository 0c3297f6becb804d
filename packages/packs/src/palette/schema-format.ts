/** What one template of schema.yaml says: `{{ required | readonly | format "${…}" | hints "a" "b" }}`. */
export interface ValueRule {
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly hints: readonly string[];
  /** JSON Schema of the value itself. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Parts that have no equivalent. */
  readonly problems: readonly string[];
}

/** Regular expressions of format types, for formats that are made of several. */
const TYPES: Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>>; readonly pattern: string }>> = {
  string: { schema: { type: 'string' }, pattern: '.*' },
  number: { schema: { type: 'number' }, pattern: '-?\\d+(?:\\.\\d+)?' },
  boolean: { schema: { type: 'boolean' }, pattern: '(?:true|false)' },
  bool: { schema: { type: 'boolean' }, pattern: '(?:true|false)' },
  password: { schema: { type: 'string', writeOnly: true }, pattern: '.*' },
  list: { schema: {}, pattern: '.*' },
  ipv4: { schema: { type: 'string', format: 'ipv4' }, pattern: '(?:\\d{1,3}\\.){3}\\d{1,3}' },
  version: {
    schema: { type: 'string', pattern: '^v?\\d+\\.\\d+\\.\\d+(?:[-+][0-9A-Za-z.+-]+)?$' },
    pattern: 'v?\\d+\\.\\d+\\.\\d+(?:[-+][0-9A-Za-z.+-]+)?',
  },
};

export function readRule(template: string): ValueRule | undefined {
  const [, body] = /^\s*\{\{-?([^]*?)-?\}\}\s*$/.exec(template) ?? [];
  if (body === undefined) return undefined;
  const rule = { required: false, readOnly: false, hints: [] as string[], schema: {} as Record<string, unknown>, problems: [] as string[] };
  for (const part of body.match(/(?:[^|"]|"(?:[^"\\]|\\[^])*")+/g) ?? []) {
    const word = /^\s*([A-Za-z]*)/.exec(part)?.[1] ?? '';
    const texts = [...part.matchAll(/"((?:[^"\\]|\\[^])*)"/g)].map(([, text = '']) => text.replace(/\\(["\\])/g, '$1'));
    if (word === 'required') rule.required = true;
    else if (word === 'readonly') rule.readOnly = true;
    else if (word === 'hints' || word === 'hint') rule.hints.push(...texts);
    else if (word === 'format' && texts[0] !== undefined) {
      const format = readFormat(texts[0]);
      Object.assign(rule.schema, format.schema);
      rule.problems.push(...format.problems);
    } else if (part.trim() !== '') rule.problems.push(`"${part.trim()}" is not known here`);
  }
  return rule;
}

const PLACE = /\$\{(\w+)(?::(\/(?:[^/\\]|\\[^])*\/|\[[^\]]*\]))?\}/g;

function readFormat(format: string): { schema: Record<string, unknown>; problems: string[] } {
  const places = [...format.matchAll(PLACE)];
  const [first] = places;
  if (first === undefined) return { schema: {}, problems: [`the format "${format}" names no type`] };
  return places.length === 1 && first[0] === format.trim() ? single(first[1] ?? '', first[2]) : composed(format, places);
}

function single(type: string, limit: string | undefined): { schema: Record<string, unknown>; problems: string[] } {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known === undefined) return { schema: {}, problems: [`the type "${type}" is not known here`] };
  if (limit === undefined) return { schema: { ...known.schema }, problems: [] };
  if (limit.startsWith('/')) return withPattern(type, { ...known.schema }, limit.slice(1, -1));
  const items = limit.slice(1, -1);
  if (type === 'list') return { schema: { enum: items.split(',').map((item) => item.trim()) }, problems: [] };
  const [, least, most] = /^\s*(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)\s*$/.exec(items) ?? [];
  if (type === 'number' && least !== undefined)
    return { schema: { type: 'number', minimum: Number(least), maximum: Number(most) }, problems: [] };
  return { schema: { ...known.schema }, problems: [`the limit ${limit} of the type "${type}" is not known here`] };
}

function withPattern(
  type: string,
  schema: Record<string, unknown>,
  pattern: string,
): { schema: Record<string, unknown>; problems: string[] } {
  if (schema['type'] !== 'string')
    return { schema, problems: [`the regular expression /${pattern}/ of a ${type} is not checked: numbers and booleans have none`] };
  return isPattern(pattern)
    ? { schema: { ...schema, pattern }, problems: [] }
    : { schema, problems: [`the regular expression /${pattern}/ is not one of ECMAScript, and is not checked`] };
}

/** `${ipv4} - ${ipv4}`: a text with types in it. */
function composed(format: string, places: readonly RegExpMatchArray[]): { schema: Record<string, unknown>; problems: string[] } {
  let pattern = '^';
  let at = 0;
  for (const place of places) {
    pattern += escaped(format.slice(at, place.index)) + patternOf(place[1] ?? '', place[2]);
    at = (place.index ?? 0) + place[0].length;
  }
  pattern += `${escaped(format.slice(at))}$`;
  return isPattern(pattern)
    ? { schema: { type: 'string', pattern }, problems: [] }
    : { schema: { type: 'string' }, problems: [`the format "${format}" cannot be checked`] };
}

function patternOf(type: string, limit: string | undefined): string {
  if (limit?.startsWith('/')) return `(?:${limit.slice(1, -1).replace(/^\^|\$$/g, '')})`;
  if (type === 'list' && limit !== undefined)
    return `(?:${limit
      .slice(1, -1)
      .split(',')
      .map((item) => escaped(item.trim()))
      .join('|')})`;
  return Object.hasOwn(TYPES, type) ? (TYPES[type]?.pattern ?? '.*') : '.*';
}

function isPattern(text: string): boolean {
  try {
    void new RegExp(text, 'u');
    return text.length <= 1000;
  } catch {
    return false;
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
