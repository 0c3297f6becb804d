import type { KindAddress } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import type { ApiObject } from '@slipway/model';
import { Button, Menu } from '@slipway/ui';
import { Bookmark, Trash2 } from 'lucide-react';
import { type SubmitEvent, useId, useState } from 'react';
import { client } from '../../hub/session.ts';
import type { ClustersSearch } from '../../router.tsx';
import { useSession } from '../../state/session-context.ts';
import { useObjects } from '../../state/use-live.ts';
import { viewName, viewOf } from './view-name.ts';

/** What the hub keeps for a user: with it a view is there on every machine they sign in from. */
const USER_ITEMS: KindAddress = { kind: 'UserItem', plural: 'useritems', scope: 'tenant', version: 'v1' };
type View = ApiObject<{ owner: string; type: string; about: string; title: string; content: { search?: Record<string, unknown> } }>;

/** Filters and order under a name of one's own. */
export function SavedViews({ search, show }: { readonly search: ClustersSearch; readonly show: (search: ClustersSearch) => void }) {
  const { user } = useSession();
  const views = useObjects<View>(USER_ITEMS, undefined, `spec.owner=${user},spec.type=view,spec.about=clusters`);
  const [title, setTitle] = useState('');
  const [problem, setProblem] = useState<string>();
  const field = useId();
  const known = views.items.toSorted((a, b) => a.spec.title.localeCompare(b.spec.title));
  const now = JSON.stringify(viewOf(search));
  const current = known.find(({ spec }) => JSON.stringify(viewOf(spec.content.search ?? {})) === now);
  const attempt = (act: () => Promise<unknown>): void => {
    setProblem(undefined);
    act().catch((error: unknown) => setProblem(messageOf(error)));
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '') return setProblem('Give the view a name.');
    attempt(async () => {
      const spec = { owner: user, type: 'view', about: 'clusters', title: wanted, content: { search: viewOf(search) } };
      const name = viewName(user, wanted);
      const there = await client.find({ kind: USER_ITEMS, name });
      if (there === undefined) await client.create(USER_ITEMS, { kind: 'UserItem', metadata: { name }, spec });
      else
        await client
          .patch({ kind: USER_ITEMS, name }, { spec: { title: wanted, content: { search: null } } })
          .then(() => client.patch({ kind: USER_ITEMS, name }, { spec }));
      setTitle('');
    });
  };
  const missing = views.state === 'failed' && views.error instanceof SlipwayError ? views.error.message : undefined;
  // A hub of before there were such things keeps none.
  if (views.state === 'failed' && views.error?.code === 'NotFound') return null;
  return (
    <Menu
      label={current === undefined ? 'Saved views' : `Saved views, now ${current.spec.title}`}
      button={
        <>
          <Bookmark size={15} aria-hidden />
          <span className="clip">{current?.spec.title ?? 'Views'}</span>
        </>
      }
    >
      {(close) => (
        <div className="saved-views">
          <div className="menu-label">{known.length === 0 ? 'No view is saved yet' : 'Your views of this list'}</div>
          {known.map((view) => (
            <div key={view.metadata.uid} className="row">
              <button
                type="button"
                className="menu-item grow"
                aria-current={view === current ? 'true' : undefined}
                onClick={() => {
                  close();
                  show(viewOf(view.spec.content.search ?? {}));
                }}
              >
                <span className="clip">{view.spec.title}</span>
              </button>
              <Button
                look="icon"
                aria-label={`Delete the view ${view.spec.title}`}
                onClick={() => attempt(() => client.delete({ kind: USER_ITEMS, name: view.metadata.name }, { uid: view.metadata.uid }))}
              >
                <Trash2 size={14} aria-hidden />
              </Button>
            </div>
          ))}
          <form className="saved-view-form" onSubmit={save}>
            <label htmlFor={field} className="small quiet">
              Keep these filters and this order as
            </label>
            <span className="row">
              <input id={field} className="field grow" value={title} maxLength={60} onChange={(event) => setTitle(event.target.value)} />
              <Button type="submit">Save</Button>
            </span>
            {(problem ?? missing) !== undefined && (
              <p role="alert" className="small tone-bad">
                {problem ?? missing}
              </p>
            )}
          </form>
        </div>
      )}
    </Menu>
  );
}
