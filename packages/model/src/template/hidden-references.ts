import { segmentsOf } from './parse.ts';

/** Puts plain words in the place of references, and references back in the place of these words. */
export interface Hiding {
  hide(text: string): string;
  /** A word that stands for a text as a whole. */
  stand(source: string): string;
  restore(parsed: string): string;
}

/** A hiding whose words are in none of the texts. */
export function createHiding(texts: Iterable<string>): Hiding {
  let word = 'slipwayref';
  const all = [...texts];
  while (all.some((text) => text.includes(word))) word += 'x';
  const sources: string[] = [];
  const pattern = new RegExp(`${word}(\\d+)end`, 'g');
  const stand = (source: string): string => `${word}${sources.push(source) - 1}end`;
  return {
    stand,
    hide: (text) =>
      segmentsOf(text)
        .map((segment) => (segment.type === 'text' ? segment.text : stand(segment.source)))
        .join(''),
    restore: (parsed) => parsed.replace(pattern, (_, index: string) => sources[Number(index)] ?? ''),
  };
}

/** The text with a plain word in place of every expression, and what puts them back into a parsed string. */
export function hideReferences(text: string): { text: string; restore: (parsed: string) => string } {
  if (segmentsOf(text).every((segment) => segment.type === 'text')) return { text, restore: (parsed) => parsed };
  const hiding = createHiding([text]);
  return { text: hiding.hide(text), restore: hiding.restore };
}

/** The text with something plain of the same length in the place of every expression: what is found in it is at the same place in the text. */
export const blankReferences = (text: string): string =>
  segmentsOf(text)
    .map((segment) => (segment.type === 'text' ? segment.text : 'x'.repeat(segment.source.length)))
    .join('');
