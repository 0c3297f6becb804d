import { SlipwayError } from '@slipway/kit';
import { Composer, type Document, isMap, isPair, isScalar, isSeq, Lexer, LineCounter, type Node, Parser, type CST } from 'yaml';

export interface YamlLimits {
  /** Characters of the text. */
  readonly size: number;
  readonly depth: number;
  /** Words, marks and line ends. What the library makes of each costs some microseconds and half a kilobyte. */
  readonly tokens: number;
  /** How often aliases may be followed, all together. */
  readonly aliases: number;
  /** A key that a map has twice: charts of others have such, and helm takes the last one. */
  readonly duplicates: 'refuse' | 'last';
}

export const YAML_LIMITS: YamlLimits = { size: 1024 * 1024, depth: 100, tokens: 150_000, aliases: 100, duplicates: 'refuse' };

/**
 * One YAML document of somebody else's as plain JSON data. Too large, too deep, too many aliases, keys that are there twice, keys that are no texts, numbers that JSON
 * does not have: each is `Invalid` with its line. An empty text is null.
 */
export function readYaml(text: string, what: string, limits: Partial<YamlLimits> = {}): unknown {
  const documents = readYamlDocuments(text, what, limits);
  if (documents.length > 1) throw new SlipwayError('Invalid', `${what} cannot be read: it holds more than one document.`);
  return documents[0] ?? null;
}

/** Every document of a text as plain JSON data; empty ones are null. The limits are for all of them together. */
export function readYamlDocuments(text: string, what: string, given: Partial<YamlLimits> = {}): unknown[] {
  const limits = { ...YAML_LIMITS, ...given };
  const refused = (why: string): SlipwayError => new SlipwayError('Invalid', `${what} cannot be read: ${why}.`);
  if (text.length > limits.size) throw refused(`it is larger than ${limits.size} characters`);
  const lines = new LineCounter();
  const at = (offset: number): string => ` (line ${Math.max(1, lines.linePos(offset).line)})`;
  try {
    return parseBounded(text, limits, lines).map((document) => {
      const [error] = document.errors;
      if (error) throw new TooMuch(`${firstLine(error.message)}${at(error.pos[0])}`);
      const problem = problemOf(document.contents, limits);
      if (problem !== undefined) throw new TooMuch(`${problem.why}${problem.node?.range ? at(problem.node.range[0]) : ''}`);
      const value: unknown = document.toJS({ maxAliasCount: limits.aliases });
      // By aliases a value may be deeper than its text, or even hold itself.
      if (isDeeper(value, limits.depth)) throw new TooMuch(`by its aliases it is nested deeper than ${limits.depth} levels`);
      return value;
    });
  } catch (error) {
    // The library throws ReferenceError for aliases that are too many or lead nowhere, and RangeError when its own recursion ends.
    if (error instanceof TooMuch || error instanceof ReferenceError || error instanceof RangeError) throw refused(firstLine(error.message));
    throw error;
  }
}

/** A document that was read within the limits, or the first thing that is wrong with it, with its line. */
export type BoundedDocument = { readonly document: Document.Parsed } | { readonly problem: string };

/** As {@link readYamlDocuments}, for those who need the documents themselves: each with what is wrong with it, and one problem where the text as a whole cannot be read. */
export function parseYamlDocuments(text: string, given: Partial<YamlLimits> = {}): BoundedDocument[] {
  const limits = { ...YAML_LIMITS, ...given };
  if (text.length > limits.size) return [{ problem: `it is larger than ${limits.size} characters` }];
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => (offset === undefined ? '' : ` at line ${Math.max(1, lines.linePos(offset).line)}`);
  try {
    return parseBounded(text, limits, lines).map((document) => {
      const [error] = document.errors;
      if (error) return { problem: `${firstLine(error.message)}${at(error.pos[0])}` };
      const problem = problemOf(document.contents, limits);
      return problem === undefined ? { document } : { problem: `${problem.why}${at(problem.node?.range?.[0])}` };
    });
  } catch (error) {
    if (error instanceof TooMuch || error instanceof RangeError) return [{ problem: firstLine(error.message) }];
    throw error;
  }
}

class TooMuch extends Error {}

/** The library's composer recurses and takes time in the square of the depth, so the tokens it gets end where a text nests too deep. */
function parseBounded(text: string, limits: YamlLimits, lines: LineCounter): Document.Parsed[] {
  // Each key would be compared with all others of its map; in `problemOf` a set does.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  return [...composer.compose(boundedTokens(text, limits, lines), false, text.length)];
}

function* boundedTokens(text: string, limits: YamlLimits, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      // Later errors would only repeat it.
      if (token.type === 'error') throw new TooMuch(firstLine(token.message));
      yield token;
    }
    tokens += 1;
    if (tokens > limits.tokens) throw new TooMuch(`it is made of more than ${limits.tokens} words and marks`);
    // A level is a collection and what is being read in it; the document is one more.
    if (parser.stack.length > limits.depth + 2) throw new TooMuch(`it is nested deeper than ${limits.depth} levels`);
  }
  yield* parser.end();
}

interface Problem {
  readonly why: string;
  readonly node?: Node | null;
}

/** Walks without recursion: how deep a text of somebody else's is must not depend on our stack. */
function problemOf(root: Node | null, limits: YamlLimits): Problem | undefined {
  const open: { node: unknown; depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (depth > limits.depth) return { why: `it is nested deeper than ${limits.depth} levels`, node: root };
    if (isSeq(node)) for (const item of node.items) open.push({ node: item, depth: depth + 1 });
    else if (isMap(node)) {
      const problem = keyProblem(node.items, limits);
      if (problem) return problem;
      for (const pair of node.items) open.push({ node: pair.value, depth: depth + 1 });
    } else if (isScalar(node) && !isJson(node.value)) {
      const what = typeof node.value === 'number' ? 'number JSON does not have' : 'value JSON does not have';
      return { why: `it holds a ${what}`, node };
    }
  }
  return undefined;
}

/** Whether plain data nests deeper than that many levels. Does not recurse, and ends for a value that holds itself. */
export function isDeeper(value: unknown, limit: number): boolean {
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > limit) return true;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const item of Object.values(next.value)) if (typeof item === 'object') open.push({ value: item, depth: next.depth + 1 });
  }
  return false;
}

const isJson = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

function keyProblem(pairs: readonly unknown[], limits: YamlLimits): Problem | undefined {
  const seen = new Set<string>();
  for (const pair of pairs) {
    if (!isPair(pair) || !isScalar(pair.key)) return { why: 'a key of it is no text' };
    const key = String(pair.key.value);
    if (key === '__proto__') return { why: 'it holds the key __proto__', node: pair.key };
    if (seen.has(key) && limits.duplicates === 'refuse')
      return { why: `the key ${JSON.stringify(key.slice(0, 80))} is in it twice`, node: pair.key };
    seen.add(key);
  }
  return undefined;
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/[.:]$/, '');
