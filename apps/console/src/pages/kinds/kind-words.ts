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
