import { KINDS, type KindName } from '../../hub/kinds.ts';

/** `CloudAccount` → `Cloud account`. */
export function kindWords(name: KindName): string {
  const words = KINDS[name].kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `Cloud accounts`. */
export function pluralWords(name: KindName): string {
  const words = kindWords(name);
  return /[^aeiou]y$/.test(words) ? `${words.slice(0, -1)}ies` : `${words}s`;
}

/** The command line's `DISPLAY NAME` and `OIDC URL` → `Display name`, `OIDC URL`. */
export const columnWords = (title: string): string =>
  title
    .split(' ')
    .map((word, at) => (ACRONYMS.has(word) ? word : at === 0 ? word.charAt(0) + word.slice(1).toLowerCase() : word.toLowerCase()))
    .join(' ');
const ACRONYMS = new Set(['CPU', 'ID', 'IP', 'OIDC', 'UID', 'URL']);

/** What the command line writes in a cell, as it is read on a page. */
export function cellWords(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  if (text === '' || text === '<none>' || text === '<unknown>') return '–';
  return text.replaceAll(/,(?=\S)/g, ', ');
}
/** Longer ones take several lines. */
export const ONE_LINE = 36;

/** Written by the hub alone: nobody makes, changes or deletes them by hand. */
export const MADE_BY_THE_HUB: ReadonlySet<KindName> = new Set(['events', 'machines', 'packs', 'projectpacks']);
/** Of these there is nothing to open. */
export const WITHOUT_PAGE: ReadonlySet<KindName> = new Set(['events', 'machines']);
