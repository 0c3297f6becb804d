import type { ApiObject } from '@slipway/model';
import { LAYER_TYPES } from '@slipway/model/browser-profiles';
import type { KindName } from '../../hub/kinds.ts';
import type { Pack, Registry } from '../../hub/objects.ts';
import { architecturesIn, type PackFilter, packsThrough } from './pack-facts.ts';

export type FilterName = 'type' | 'arch' | 'registry' | 'suits' | 'health';

/** What the filters of packs and registries are called. */
export const FILTER_WORDS: Readonly<Record<FilterName, { readonly label: string; readonly any: string }>> = {
  type: { label: 'Type', any: 'Any type' },
  arch: { label: 'Machines', any: 'Any machines' },
  registry: { label: 'Registry', any: 'Any registry' },
  suits: { label: 'Suits Kubernetes', any: 'Any Kubernetes' },
  health: { label: 'Catalogue', any: 'Any state' },
};

type Options = readonly (readonly [value: string, words: string])[];

/** Minors of Kubernetes that clusters may be made of and those before and after them. */
const KUBERNETES: Options = ['1.30', '1.31', '1.32', '1.33', '1.34', '1.35', '1.36'].map((minor) => [`${minor}.0`, `Kubernetes ${minor}`]);
const HEALTH_WORDS = { ok: 'Can be read', failing: 'Cannot be read', unread: 'Not read yet' } as const;

const isPacks = (name: KindName): boolean => name === 'packs' || name === 'projectpacks';
const isRegistries = (name: KindName): boolean => name === 'registries' || name === 'projectregistries';
const same = (values: readonly string[]): Options => [...new Set(values)].toSorted().map((value) => [value, value]);

/** The choices for a kind; none for one that is neither packs nor registries. */
export function choicesOf(
  name: KindName,
  objects: readonly ApiObject[],
): readonly { readonly filter: FilterName; readonly options: Options }[] {
  if (isPacks(name)) {
    const packs = objects as readonly Pack[];
    return [
      { filter: 'type', options: same(LAYER_TYPES) },
      { filter: 'registry', options: same(packs.map(({ spec }) => spec.registry)) },
      { filter: 'arch', options: same(architecturesIn(packs)) },
      { filter: 'suits', options: KUBERNETES },
    ];
  }
  if (!isRegistries(name)) return [];
  return [
    { filter: 'type', options: same((objects as readonly Registry[]).map(({ spec }) => spec.type)) },
    { filter: 'health', options: Object.entries(HEALTH_WORDS) },
  ];
}

/** The objects that the filters let through; undefined where there are none to narrow by. */
export function narrowed(
  name: KindName,
  objects: readonly ApiObject[],
  filter: PackFilter & { readonly health?: string | undefined },
): readonly ApiObject[] | undefined {
  const { type, arch, registry, suits, health } = filter;
  if (isPacks(name)) return packsThrough(objects as readonly Pack[], { type, arch, registry, suits });
  if (!isRegistries(name)) return undefined;
  return (objects as readonly Registry[])
    .filter(({ spec }) => type === undefined || spec.type === type)
    .filter(({ status }) => health === undefined || healthOf(status) === health);
}

function healthOf(status: Registry['status']): keyof typeof HEALTH_WORDS {
  const healthy = status?.conditions.find(({ type }) => type === 'Ready')?.status;
  return healthy === 'True' ? 'ok' : healthy === 'False' ? 'failing' : 'unread';
}
