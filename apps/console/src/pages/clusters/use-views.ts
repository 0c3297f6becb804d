import type { ApiObject } from '@slipway/model';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { client } from '../../hub/session.ts';
import type { ClustersSearch } from '../../router.tsx';
import { useSession } from '../../state/session-context.ts';
import { readStored, store } from '../../state/stored.ts';
import { useObjects } from '../../state/use-live.ts';
import { viewName, viewOf } from './view-name.ts';

/** What a hub keeps for a user: with it a view is there on every machine they sign in from. */
const USER_ITEMS = KINDS.useritems;
type Item = ApiObject<{ title: string; content: { search?: Record<string, unknown> } }>;

export interface View {
  readonly title: string;
  readonly search: ClustersSearch;
}

export interface Views {
  readonly views: readonly View[];
  /** A hub that keeps nothing for users leaves them to this browser. */
  readonly keptBy: 'hub' | 'browser';
  readonly problem: string | undefined;
  /** Replaces the one of the same title. */
  save(view: View): Promise<void>;
  remove(title: string): Promise<void>;
}

const byTitle = (views: readonly View[]): View[] => views.toSorted((a, b) => a.title.localeCompare(b.title));

/** The views of the list of clusters that a user has kept. */
export function useViews(): Views {
  const { user } = useSession();
  const items = useObjects<Item>(USER_ITEMS, undefined, `spec.owner=${user},spec.type=view,spec.about=clusters`);
  const here = useBrowserViews(user);
  if (items.state === 'failed' && items.error?.code === 'NotFound') return here;
  return {
    views: byTitle(items.items.map(({ spec }) => ({ title: spec.title, search: viewOf(spec.content.search ?? {}) }))),
    keptBy: 'hub',
    problem: items.state === 'failed' ? items.error?.message : undefined,
    async save({ title, search }) {
      const name = viewName(user, title);
      const address = { kind: USER_ITEMS, name };
      const before = await client.find<Item>(address);
      const spec = { owner: user, type: 'view', about: 'clusters', title, content: { search } };
      if (before === undefined) await client.create(USER_ITEMS, { kind: 'UserItem', metadata: { name }, spec });
      // The whole of it: a merge would keep filters that are no longer wanted.
      else await client.update(USER_ITEMS, { ...before, spec: { ...before.spec, ...spec } });
    },
    remove: (title) => client.delete({ kind: USER_ITEMS, name: viewName(user, title) }),
  };
}

function useBrowserViews(user: string): Views {
  const key = `views.clusters.${user}`;
  const [views, setViews] = useState(() => parsed(readStored(key)));
  const keep = async (next: View[]): Promise<void> => {
    store(key, JSON.stringify(next));
    setViews(next);
  };
  return {
    views,
    keptBy: 'browser',
    problem: undefined,
    save: (view) => keep(byTitle([...views.filter(({ title }) => title !== view.title), view])),
    remove: (title) => keep(views.filter((view) => view.title !== title)),
  };
}

function parsed(text: string | undefined): View[] {
  try {
    const known: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(known)) return [];
    return known.flatMap((one: { title?: unknown; search?: object }) =>
      typeof one?.title === 'string' ? [{ title: one.title, search: viewOf({ ...one.search }) }] : [],
    );
  } catch {
    return [];
  }
}
