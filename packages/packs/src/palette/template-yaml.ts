import { isRecord, mergeValues, type PathStep, readYaml } from '@slipway/model';
import type { Ledger } from './report.ts';
import { translateReferences } from './references.ts';

const BRACES = /\{\{(?:[^{}"\n]|"(?:[^"\\\n]|\\.)*")*\}\}/g;

/** YAML in which expressions may stand unquoted, as Palette fills them in before it parses: hidden while it is parsed, and put back into the texts they stand in. */
export function readTemplateYaml(text: string, what: string): unknown {
  let word = 'paletteref';
  while (text.includes(word)) word += 'x';
  const found: string[] = [];
  const hidden = text.replace(BRACES, (expression) => `${word}${found.push(expression) - 1}end`);
  const pattern = new RegExp(`${word}(\\d+)end`, 'g');
  const restore = (part: string): string => part.replace(pattern, (_, index: string) => found[Number(index)] ?? '');
  return restored(readYaml(hidden, what, { duplicates: 'last' }), restore);
}

function restored(value: unknown, restore: (text: string) => string): unknown {
  if (typeof value === 'string') return restore(value);
  if (Array.isArray(value)) return value.map((item) => restored(item, restore));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [restore(key), restored(item, restore)]));
}

export interface Split {
  /** What holds no reference. */
  readonly plain: unknown;
  /** Lists and values that hold one, at their place. Undefined when there is none. */
  readonly referring: unknown;
}

/**
 * Values with Palette's references as ours, apart from those without: a chart's own defaults cannot hold references, because helm reads them as they are, so these become
 * values that each layer starts with. Problems are reported at their place.
 */
export function splitValues(value: unknown, steps: readonly PathStep[], ledger: Ledger): Split {
  const state = { references: false };
  if (!isRecord(value)) {
    const translated = translateValue(value, steps, { ledger, state });
    return state.references ? { plain: undefined, referring: translated } : { plain: translated, referring: undefined };
  }
  const plain: [string, unknown][] = [];
  const referring: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const at = [...steps, key];
    const own = { references: false };
    const name = translateText(key, at, { ledger, state: own });
    const part = splitValues(item, at, ledger);
    // A key that is filled in cannot be among the chart's own defaults either.
    if (own.references) referring.push([name, mergedParts(part)]);
    else {
      if (part.plain !== undefined) plain.push([name, part.plain]);
      if (part.referring !== undefined) referring.push([name, part.referring]);
    }
  }
  const nothing = plain.length === 0 && Object.keys(value).length > 0;
  return {
    plain: nothing ? undefined : Object.fromEntries(plain),
    referring: referring.length === 0 ? undefined : Object.fromEntries(referring),
  };
}

const mergedParts = ({ plain, referring }: Split): unknown =>
  isRecord(plain) && isRecord(referring) ? mergeValues(plain, referring) : (referring ?? plain ?? null);

interface Translation {
  readonly ledger: Ledger;
  readonly state: { references: boolean };
}

/** Every text of a value with our references, keys too. */
export function translateValue(value: unknown, steps: readonly PathStep[], to: Translation): unknown {
  if (Array.isArray(value)) return value.map((item, index) => translateValue(item, [...steps, index], to));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [translateText(key, [...steps, key], to), translateValue(item, [...steps, key], to)]),
    );
  }
  return typeof value === 'string' ? translateText(value, steps, to) : value;
}

function translateText(given: string, steps: readonly PathStep[], to: Translation): string {
  const { text, problems, references } = translateReferences(given);
  if (references) to.state.references = true;
  for (const { what, todo } of problems) to.ledger.report(steps, what, todo);
  return text;
}
