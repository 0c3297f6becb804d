import { SlipwayError } from '@slipway/kit';
import { parseAllDocuments, type YAMLError } from 'yaml';

/** Nesting of JSON and YAML bodies at most. */
export const MAX_DEPTH = 100;
/** Bytes of a body at most, as in Kubernetes. */
export const MAX_BODY = 3 * 1024 * 1024;

/** Parses a request body; refuses duplicate keys, `__proto__` and deep nesting, which JSON.parse would let through. */
export function parseBody(text: string, contentType: string): unknown {
  if (text.trim() === '') return undefined;
  return contentType.includes('yaml') ? parseYamlBody(text) : parseJsonBody(text);
}

function parseJsonBody(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SlipwayError('BadRequest', `The body is not valid JSON: ${withoutExcerpt((error as Error).message)}.`);
  }
  scanJson(text);
  return value;
}

/** Node repeats the text around the mistake; it may be a secret. The place is enough. */
const withoutExcerpt = (message: string): string =>
  message.replace(/,? (?:\.\.\.)?"[^]*" is not valid JSON$/, ' there').replace(/Unexpected token '[^]+?'/, 'unexpected character');

/** Walks text that is known to be valid JSON and looks at keys and depth only. */
function scanJson(text: string): void {
  const keys: (Set<string> | undefined)[] = [];
  /** The key that leads into each open object; lists add none. */
  const path: string[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
  let last = '';
  let key = '';
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const token = match[0];
    if (token === '{' || token === '[') {
      keys.push(token === '{' ? new Set() : undefined);
      path.push(key);
      key = '';
      if (keys.length > MAX_DEPTH) throw tooDeep();
    } else if (token === '}' || token === ']') {
      keys.pop();
      path.pop();
    } else if (token === ',') {
      key = '';
    } else if (token === ':') {
      key = JSON.parse(last) as string;
      const seen = keys.at(-1);
      if (key === '__proto__') throw new SlipwayError('BadRequest', 'A key must not be named "__proto__".');
      if (seen?.has(key)) throw duplicate([...path, key].filter((part) => part !== '').join('.'));
      seen?.add(key);
    }
    last = token;
  }
}

const tooDeep = () => new SlipwayError('BadRequest', `The body is nested more than ${MAX_DEPTH} levels deep.`);

const duplicate = (field: string) =>
  new SlipwayError('BadRequest', `strict decoding error: duplicate field "${field}"`, {
    causes: [{ field, reason: 'FieldValueDuplicate', message: 'the key is there twice; keep one' }],
  });

function parseYamlBody(text: string): unknown {
  const documents = parseAllDocuments(text, { uniqueKeys: true, strict: true });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (document === undefined) return undefined;
  if (documents.length > 1) {
    throw new SlipwayError('BadRequest', `The body holds ${documents.length} YAML documents; one request takes one object.`);
  }
  const error = document.errors[0];
  if (error !== undefined) throw yamlError(error);
  let value: unknown;
  try {
    // The limit on aliases keeps a small text from growing into a huge object.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (failure) {
    throw new SlipwayError('BadRequest', `The body is not valid YAML: ${(failure as Error).message}`);
  }
  checkDepth(value);
  return value;
}

function yamlError(error: YAMLError): SlipwayError {
  const line = error.linePos?.[0].line;
  const message = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.message;
  return new SlipwayError('BadRequest', `The body is not valid YAML${line === undefined ? '' : ` in line ${line}`}: ${message}.`);
}

/** Refuses what nests deeper than {@link MAX_DEPTH}. */
export function checkDepth(value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH) throw tooDeep();
  if (value === null || typeof value !== 'object') return;
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw new SlipwayError('BadRequest', 'A key must not be named "__proto__".');
    checkDepth(item, depth + 1);
  }
}
