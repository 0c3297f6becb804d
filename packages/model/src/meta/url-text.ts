import { z } from 'zod';

/**
 * Text that is a URL as it stands, of one of these schemes. zod's own takes what a parser makes of it (tabs and ends of lines left out, a backslash for a slash), and what is used would
 * then not be what was written. That it names a place and nothing else is for admission: see `placeUrlProblems`.
 *
 * @example urlText(['https'])
 */
export const urlText = (schemes: readonly string[], max?: number) =>
  (max === undefined ? z.string() : z.string().max(max))
    .refine((text) => isPlainUrl(text) && schemeProblems(text, schemes).length === 0, `must be a URL that begins with ${wordsOf(schemes)}`)
    .meta({ format: 'uri' });

export const schemeProblems = (text: string, schemes: readonly string[]): string[] =>
  schemes.some((scheme) => text.startsWith(`${scheme}://`)) ? [] : [`must begin with ${wordsOf(schemes)}`];

const wordsOf = (schemes: readonly string[]): string => schemes.map((scheme) => `${scheme}://`).join(' or ');

const isPlainUrl = (text: string): boolean => URL.canParse(text) && !/[\s\p{Cc}\\]/u.test(text);
