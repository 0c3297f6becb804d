import type { ClustersSearch } from '../../router.tsx';
import { FILTERS } from './cluster-rows.ts';

/** What of an address a view keeps: filters and order, each a text. */
export function viewOf(search: Readonly<Record<string, unknown>> | ClustersSearch): ClustersSearch {
  const given = search as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    [...FILTERS, 'sort'].flatMap((key) => (typeof given[key] === 'string' && given[key] !== '' ? [[key, given[key]]] : [])),
  );
}

const MOST = 30;

/** The name of the object that keeps a view: the same for the same title, so that saving again replaces it. Titles of one shape are told apart by a digest. */
export function viewName(user: string, title: string): string {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, MOST);
  return `clusters-${words === '' ? 'view' : words.replace(/-$/, '')}-${digest(`${user}\n${title}`)}`;
}

/** FNV-1a: no secret, only short. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const unit of text) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(36);
}
