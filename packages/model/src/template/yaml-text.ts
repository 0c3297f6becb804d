import { isScalar, visit, type Document } from 'yaml';
import { parseYamlDocuments } from '../meta/bounded-yaml.ts';
import { hideReferences } from './hidden-references.ts';
import { segmentsOf } from './parse.ts';

const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

/** One document of a text: its data with references still in it, or why it cannot be read. */
export type YamlDocument = { readonly value: unknown } | { readonly problem: string; readonly where: 'text' | 'document' };

/**
 * YAML in which references stand unquoted. They are hidden while it is parsed, so that a value can never change the structure around it, and put back afterwards: as
 * they are where they stood plain (they keep the type of what they refer to), as text where they were quoted.
 */
export function readYamlTemplate(text: string): readonly YamlDocument[] {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const documents = read(text);
  if (text.length <= MOST_TO_REMEMBER) {
    rememberedLength += text.length;
    if (rememberedLength > MOST_TO_REMEMBER * 8) {
      remembered.clear();
      rememberedLength = text.length;
    }
    remembered.set(text, documents);
  }
  return documents;
}

/** Parsing takes long, and the same text is read for every cluster of a profile. */
const remembered = new Map<string, readonly YamlDocument[]>();
const MOST_TO_REMEMBER = 1024 * 1024;
let rememberedLength = 0;

/** Of a layer's manifests or values: what a plan can carry is far below. */
const LIMITS = { size: 8 * 1024 * 1024, depth: MAX_DEPTH, tokens: 2_000_000, duplicates: 'refuse' } as const;

function read(text: string): YamlDocument[] {
  const { text: hidden, restore } = hideReferences(text);
  return parseYamlDocuments(hidden, LIMITS).map((one) => {
    if ('problem' in one) {
      const problem = one.problem.replace(/^it /, '');
      return { problem, where: problem.startsWith('is nested') ? 'document' : 'text' };
    }
    quotedAsText(one.document, restore);
    return toJson(one.document, restore);
  });
}

/** Quoted and block texts stay texts whatever a reference in them leads to. */
function quotedAsText(document: Document.Parsed, restore: (text: string) => string): void {
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && node.type !== 'PLAIN') node.value = asText(restore(node.value));
    },
  });
}

function asText(text: string): string {
  const segments = segmentsOf(text);
  const expressions = segments.filter((segment) => segment.type === 'expression');
  const alone = expressions.length === 1 && segments.every((one) => one.type !== 'text' || one.text.trim() === '');
  return alone ? text.replace(/\s*(-?\}\}\s*)$/, ' | str $1') : text;
}

function toJson(document: Document.Parsed, restore: (text: string) => string): YamlDocument {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const problem = notJson(value, 0);
    return problem === undefined ? { value: restoreAll(value, restore) } : { problem, where: 'document' };
  } catch (error) {
    return { problem: `cannot be read: ${error instanceof Error ? firstLine(error.message) : 'unknown'}`, where: 'document' };
  }
}

function notJson(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'holds a number JSON does not have (.nan or .inf)';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return 'holds the key __proto__';
  for (const item of Object.values(value)) {
    const problem = notJson(item, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function restoreAll(value: unknown, restore: (text: string) => string): unknown {
  if (typeof value === 'string') return restore(value);
  if (Array.isArray(value)) return value.map((item) => restoreAll(item, restore));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [restore(key), restoreAll(item, restore)]));
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/:$/, '');
