import type { ApiObject } from '@slipway/model';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { KindName } from '../../hub/kinds.ts';
import type { KindSearch } from '../../router.tsx';
import { choicesOf, type FilterName, FILTER_WORDS } from './catalogue-filter.ts';

/** Choices that narrow packs and registries, kept in the address; nothing for other kinds. */
export function CatalogueFilters({ name, objects }: { readonly name: KindName; readonly objects: readonly ApiObject[] }) {
  const search = useSearch({ from: '/clusters/$section' });
  const navigate = useNavigate({ from: '/clusters/$section' });
  const change = (part: Partial<Pick<KindSearch, FilterName>>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return choicesOf(name, objects).map(({ filter, options }) => (
    <select
      key={filter}
      className="field"
      aria-label={FILTER_WORDS[filter].label}
      value={search[filter] ?? ''}
      onChange={({ target: { value } }) => change({ [filter]: value === '' ? undefined : value })}
    >
      <option value="">{FILTER_WORDS[filter].any}</option>
      {/* What an address asks for stays chosen, also when nothing has it any more. */}
      {[...new Map([...options, ...(search[filter] === undefined ? [] : [[search[filter], search[filter]] as const])].toReversed())]
        .toReversed()
        .map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
    </select>
  ));
}
