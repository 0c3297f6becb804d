import { KINDS, type KindName } from '../../hub/kinds.ts';

/** `CloudAccount` → `Cloud account`. */
export function kindWords(name: KindName): string {
  const words = KINDS[name].kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `Cloud accounts`. */
export function pluralWords(name: KindName): string {
  const words = kindWords(name);
  return words.endsWith('y') ? `${words.slice(0, -1)}ies` : `${words}s`;
}

/** Written by the hub alone: nobody makes, changes or deletes them by hand. */
export const MADE_BY_THE_HUB: ReadonlySet<KindName> = new Set(['events', 'machines', 'packs', 'projectpacks']);
/** Of these there is nothing to open. */
export const WITHOUT_PAGE: ReadonlySet<KindName> = new Set(['events', 'machines']);
